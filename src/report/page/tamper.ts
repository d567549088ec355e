import { AuditError } from "../../errors.js";
import type { OpenEvidence } from "./evidence.js";

/** Where one byte can be changed. */
export type TamperPlace = "line" | "proof" | "checkpoint";

/** What was changed, for the reader. */
export interface Tampered {
  readonly place: TamperPlace;
  /** The entry whose line was changed. */
  readonly sequence?: number;
}

/** A bundle as JSON, as far as it is changed here. */
interface LooseBundle {
  checkpoint: string;
  proof?: string[];
  entries: { sequence: number; line: string; proof?: string[] }[];
}

/**
 * Changes one byte of a copy of a bundle.
 *
 * @throws `AuditError` `invalid_evidence` if there is nothing to change.
 */
export function tampered(
  evidence: OpenEvidence,
  place: TamperPlace,
): { readonly evidence: OpenEvidence; readonly tampered: Tampered } {
  if (evidence.kind !== "bundle")
    throw nothing("only the evidence of a report can be changed here");
  const bundle = JSON.parse(evidence.text) as LooseBundle;
  const result = (sequence?: number) => ({
    evidence: { ...evidence, text: JSON.stringify(bundle) },
    tampered: sequence === undefined ? { place } : { place, sequence },
  });
  switch (place) {
    case "line": {
      const entry = bundle.entries[Math.floor(bundle.entries.length / 2)];
      if (entry === undefined) throw nothing("there is no entry");
      entry.line = withOtherByte(entry.line);
      return result(entry.sequence);
    }
    case "proof": {
      const hashes = [bundle.proof ?? [], ...bundle.entries.map(({ proof }) => proof ?? [])];
      const found = hashes.find(({ length }) => length > 0);
      if (found === undefined)
        throw nothing("these entries are the whole log, which needs no proof");
      found[0] = withOtherStart(found[0] ?? "");
      return result();
    }
    case "checkpoint": {
      const lines = bundle.checkpoint.split("\n");
      lines[2] = withOtherStart(lines[2] ?? "");
      bundle.checkpoint = lines.join("\n");
      return result();
    }
  }
}

/** A digit of the id, so that the line stays one that a log could write. */
function withOtherByte(line: string): string {
  return line.replace(/("id":"[^"]*)(.)"/, (_, before: string, last: string) => {
    return `${before}${last === "0" ? "1" : "0"}"`;
  });
}

/** Base64 of other bytes. */
function withOtherStart(base64: string): string {
  return (base64.startsWith("A") ? "B" : "A") + base64.slice(1);
}

function nothing(reason: string): AuditError {
  return new AuditError("invalid_evidence", `nothing was changed: ${reason}`);
}
