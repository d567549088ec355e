import { word } from "../text/safe-text.js";
import type { CheckpointFields, GovernanceFields } from "./entry-fields.js";

/**
 * Says an entry in one line: `vote_cast approve by did:pqaid:bob on urn:pqc-gov-prop:7f3a`.
 *
 * Every value is one word of the line. A value that is not one word is quoted as JSON, so that it
 * cannot break the line, colour a terminal, or pass for words of the message.
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
  // the only name is the node's own: it was added, it did not add
  const isNode = fields.operation === "node_added" || fields.operation === "node_removed";
  add(fields.actorDid, isNode ? undefined : "by");
  add(fields.proposalId, "on");
  return words.join(" ");
}

/** Says a checkpoint in one line: `checkpoint of 1000 entries of acme.example/governance`. */
export function checkpointMessageOf({ operation, size, logId }: CheckpointFields): string {
  return `${operation} of ${size} entries of ${word(logId)}`;
}
