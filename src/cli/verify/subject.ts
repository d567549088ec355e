import type { VerificationReport } from "../../verify/verification-report.js";
import type { CommandIo } from "../command-io.js";
import { type EvidenceFile, type OpenedEvidence, withEvidence } from "./evidence-file.js";

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
