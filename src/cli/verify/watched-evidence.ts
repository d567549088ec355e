import { setImmediate as turn } from "node:timers/promises";
import type { EvidenceItem, EvidenceSource } from "../../integrity/evidence.js";
import type { CommandIo } from "../command-io.js";
import type { Progress } from "../progress.js";
import type { OpenedEvidence } from "./evidence-file.js";

/** Items between two looks at progress and signals. */
const BATCH = 4096;

/** The evidence, which counts itself while it passes and ends when a signal comes. */
export function watched(
  { source, notes }: OpenedEvidence,
  progress: Progress,
  { signal }: CommandIo,
): EvidenceSource {
  async function* items(): AsyncGenerator<EvidenceItem, void, undefined> {
    for (const note of notes) yield { kind: "checkpoint", note };
    try {
      for await (const item of source) {
        yield item;
        progress.add(1);
        if (progress.count % BATCH !== 0) continue;
        await turn(); // a journal is read without waiting for anything, and a signal has to be heard
        signal.throwIfAborted();
        await progress.show();
      }
    } finally {
      await progress.clear();
    }
  }
  const { ordered = true, partial = false } = source;
  return { ordered, partial, [Symbol.asyncIterator]: items };
}
