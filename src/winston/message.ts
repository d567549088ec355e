import { word } from "../text/safe-text.js";
import type { CheckpointFields, GovernanceFields } from "./governance-fields.js";

/**
 * One line in words: `vote_cast approve by did:pqaid:bob on urn:pqc-gov-prop:7f3a`.
 *
 * Every value is one word of it. A value that is not, because it is empty or has white space, quotes or control
 * characters, is quoted as JSON, so that none can break the line, colour a terminal, or pass for words of the message.
 */
export function messageOf(fields: GovernanceFields): string {
  const words = [fields.operation];
  const add = (value: unknown, preposition?: string): void => {
    if (typeof value !== "string" || value === "") return;
    if (preposition !== undefined) words.push(preposition);
    words.push(word(value));
  };
  add(fields.decision);
  add(fields.kind);
  if (fields.operation === "byzantine_detected") {
    add(fields.details["prior_decision"]);
    add(fields.details["conflicting_decision"], "then");
  }
  add(fields.subjectId, "for");
  // Nobody but the node itself is named: it was added, it did not add.
  const isNode = fields.operation === "node_added" || fields.operation === "node_removed";
  add(fields.actorDid, isNode ? undefined : "by");
  add(fields.proposalId, "on");
  return words.join(" ");
}

/** One line in words: `checkpoint of 1000 entries of acme.example/governance`. */
export function checkpointMessageOf({ operation, size, logId }: CheckpointFields): string {
  return `${operation} of ${size} entries of ${word(logId)}`;
}
