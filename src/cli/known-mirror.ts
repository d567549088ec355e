import type { Journal } from "../journal/journal.js";
import { UsageError } from "./usage-error.js";

/** Throws `UsageError` with the names that there are, when a journal knows no mirror of a name. */
export function assertMirror(journal: Journal, mirror: string): void {
  const { mirrors } = journal.stats();
  if (Object.hasOwn(mirrors, mirror)) return;
  const known = Object.keys(mirrors);
  throw new UsageError(
    `the journal knows no mirror "${mirror}"; ${known.length === 0 ? "it has none" : `it has ${known.join(", ")}`}`,
  );
}
