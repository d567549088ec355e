/** Puts entries into words. */
import type { AuditEntry } from "quorumlog";

/** What a vote, a result or a finding says beside its operation, actor and decision. */
export function inWords(entry: AuditEntry): string {
  switch (entry.operation) {
    case "vote_cast":
      return `vote ${short(entry.details.vote_id)}`;
    case "consensus_reached":
      return String(entry.details.reason);
    case "byzantine_detected":
      return `${entry.details.prior_decision}, then ${entry.details.conflicting_decision}`;
    default:
      return "";
  }
}

/** The last part of a DID or URN: `did:pqaid:alice` is alice. */
export function short(id: string | undefined): string {
  return id === undefined ? "" : escapeControls(id.slice(id.lastIndexOf(":") + 1));
}

/** Makes text from a log safe to print: it cannot move the cursor, start a line or set a colour. */
export function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
