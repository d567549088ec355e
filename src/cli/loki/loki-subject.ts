import { resolve } from "node:path";
import type { CommandIo } from "../command-io.js";
import { notesOf } from "../verify/evidence-file.js";
import type { Subject } from "../verify/subject.js";
import type { LokiLog } from "./loki-log.js";

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
