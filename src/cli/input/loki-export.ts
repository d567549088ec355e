import type { AuditEntry } from "../../entry/audit-entry.js";
import { canonicalLine } from "../../entry/line.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import type { LokiEntry } from "../../loki/loki-record.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { Which } from "../output/export-checkpoints.js";
import type { Progress } from "../output/progress.js";
import { entryPages } from "./entry-pages.js";
import type { Exported } from "./export-source.js";
import type { LokiLog } from "./loki-log.js";

/**
 * An export from Loki.
 *
 * @param query - Undefined for all that Loki has.
 */
export function lokiExport(
  loki: LokiLog,
  query: AuditQuery | undefined,
  which: Which,
  progress: Progress,
): Exported {
  return query === undefined ? wholeOf(loki, which, progress) : chosenOf(loki, query, progress);
}

function wholeOf(loki: LokiLog, which: Which, progress: Progress): Exported {
  const notes = new Set<string>();
  let [count, gapless] = [0, 0];
  let log: string | undefined;
  async function* all(): AsyncGenerator<LokiEntry, void, undefined> {
    for await (const found of loki.all((note) => notes.add(note))) {
      count++;
      if (found.entry.sequence === gapless) gapless++;
      log = found.logId;
      progress.add(1);
      yield found;
    }
  }
  return {
    source: {
      async *entries() {
        for await (const { entry } of all()) yield entry;
      },
      async *lines() {
        for await (const { line } of all()) yield line;
      },
    },
    end() {
      const remarks: string[] = [];
      if (gapless < count)
        remarks.push(
          `entry ${gapless} is not there: this is not the whole log. Loki lacks it, or it was recorded more than ${loki.lookbackDays} days ago (--lookback)`,
        );
      const checkpoints = which === "none" ? [] : checkpointsOf(notes, log);
      const newest = checkpoints.at(-1);
      if (newest === undefined) return { checkpoints, remarks };
      if (newest.size <= gapless)
        return { checkpoints: which === "all" ? checkpoints : [newest], remarks };
      remarks.push(
        `the newest checkpoint is over ${newest.size} entries, of which the first ${gapless} were exported without a gap: it is left out; quorumlog verify --loki says what is missing`,
      );
      return { checkpoints: [], remarks };
    },
  };
}

function chosenOf(loki: LokiLog, query: AuditQuery, progress: Progress): Exported {
  async function* entries(): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const page of entryPages(loki, { ...query, order: "oldest" }))
      yield* progress.counting(page);
  }
  async function* lines(): AsyncGenerator<string, void, undefined> {
    const logId = await loki.logId();
    if (logId !== undefined) for await (const entry of entries()) yield canonicalLine(logId, entry);
  }
  return { source: { entries, lines }, end: () => ({ checkpoints: [], remarks: [] }) };
}

/** The smallest first; what is none of the log is for `verify` to tell. */
function checkpointsOf(notes: Iterable<string>, log: string | undefined): Checkpoint[] {
  return [...notes]
    .flatMap((note) => {
      try {
        return parseCheckpoint(note);
      } catch {
        return [];
      }
    })
    .filter(({ origin }) => log === undefined || origin === log)
    .sort((a, b) => a.size - b.size);
}
