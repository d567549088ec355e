import { resolve } from "node:path";
import type { VerificationReport } from "../../verify/verification-report.js";
import type { CommandIo } from "../output/command-io.js";
import { type EvidenceFile, notesOf, type OpenedEvidence, withEvidence } from "./evidence-file.js";
import type { LokiLog } from "./loki-log.js";

/** What is to be verified. */
export interface Subject {
  /** In messages. */
  readonly name: string;
  /** In reports for programs. */
  readonly named: Readonly<Record<string, string>>;
  /** Opens it, and closes it after the work. */
  readonly open: <T>(work: (evidence: OpenedEvidence) => Promise<T>) => Promise<T>;
  /** What is to be said beside a report, if anything. */
  readonly remark?: (report: VerificationReport) => string | undefined;
}

/** A file of evidence. */
export function fileSubject(file: EvidenceFile, io: CommandIo): Subject {
  const { path } = file;
  return { name: path, named: { path }, open: (work) => withEvidence(file, io, work) };
}

/**
 * What Loki holds of a log, as something to verify.
 *
 * @param checkpoints - Files of more of them.
 */
export function lokiSubject(
  loki: LokiLog,
  checkpoints: readonly string[],
  { cwd }: CommandIo,
): Subject {
  const { url, selector, lookbackDays } = loki;
  return {
    name: url,
    named: { loki: url, selector },
    async open(work) {
      const given = await Promise.all(checkpoints.map((path) => notesOf(resolve(cwd, path))));
      return work({ source: loki.evidence(), notes: given.flat() });
    },
    remark: ({ completeness }) =>
      completeness === "failed"
        ? `what was recorded more than ${lookbackDays} days ago was not looked for, and counts as missing; --lookback DAYS looks further back`
        : undefined,
  };
}
