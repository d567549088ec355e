// Fills a journal with votes, fast.
import { resourceFromAttributes } from "@opentelemetry/resources";
import { sealEntry } from "../dist/entry/seal.js";
import { randomUuid } from "../dist/entry/uuid.js";
import { Journal } from "../dist/journal/index.js";
import { votes } from "./votes.mjs";

/** When the first vote was recorded. The next ones follow every 100 ms. */
export const START = Date.UTC(2026, 0, 1);

const resource = resourceFromAttributes({ "service.name": "bench" });
const scope = { name: "quorumlog", version: "0.1.0" };
const signed = votes();

/** A traced vote as the log seals it, of about 400 bytes. Each proposal has 40 votes. */
export function row(sequence, log = "quorumlog") {
  const { vote } = signed[sequence % signed.length];
  const recordedMillis = START + sequence * 100;
  const sealed = sealEntry(
    {
      operation: "vote_cast",
      proposalId: `urn:pqc-gov-prop:${Math.floor(sequence / 40)}`,
      actorDid: vote.voterDid,
      decision: vote.decision,
      details: { vote_id: vote.voteId },
    },
    {
      log,
      sequence,
      id: randomUuid(),
      recordedMillis,
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
    },
  );
  const time = [Math.floor(recordedMillis / 1000), (recordedMillis % 1000) * 1e6];
  return { ...sealed, time, traceFlags: undefined, resource, scope };
}

/** Fills a journal, 5000 entries in a transaction. */
export function fill(path, count, logId = "quorumlog") {
  const journal = Journal.open(path, { logId });
  for (let first = 0; first < count; first += 5000)
    journal.append(
      ...Array.from({ length: Math.min(5000, count - first) }, (_, i) => row(first + i, logId)),
    );
  journal.close();
}
