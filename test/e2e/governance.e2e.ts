import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import { entriesOf, entriesOfLines, replay, replayFrom } from "../../src/governance/index.js";
import type { AuditQuery } from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { events, traceIds } from "../fixtures/arbitrary-log.ts";
import { Federation, PLANTS, POLICY, steps } from "../fixtures/federation.ts";
import { readerOf, sealed, send } from "../fixtures/loki-records.ts";
import { answersOf } from "../fixtures/trail-answers.ts";
import { Backends, describeBackends, quorumlog } from "./backends.ts";
import { contractOf } from "./loki-contract.ts";
import { sealedOf } from "./sealed-of.ts";

const SERVICE = "governance";
const options = { policy: POLICY };

describeBackends("the trail of a federation, in Loki", () => {
  let backends: Backends;
  let journal: string;
  let inMemory: ReturnType<typeof answersOf>;
  let ndjson: string;

  beforeAll(async () => {
    const federation = new Federation();
    const taken = fc.sample(steps, { numRuns: 3, seed: 15 }).flat();
    const planted = Object.values(PLANTS);
    for (const [index, step] of taken.entries()) {
      federation.do(step);
      if (index % 5 === 4) planted.shift()?.(federation);
    }
    for (const plant of planted) plant(federation);
    backends = await Backends.start();
    journal = backends.journal(SERVICE);
    const audit = backends.log(SERVICE, { kinds: ["deploy-model"] });
    for (const entry of federation.trail.entries) {
      const { sequence: _, id: _id, leafHash: _hash, recordedAt: _at, ...event } = entry;
      audit.log({ ...event, timestamp: new Date(event.timestamp) });
    }
    const count = audit.length;
    const entries = audit.entries({ order: "oldest", limit: count }) as readonly unknown[];
    inMemory = answersOf(replay(entries as readonly AuditEntry[], options));
    ndjson = audit.exportNdjson();
    await audit.flush({ timeoutMillis: 120_000 });
    await audit.shutdown();
    await backends.hold(SERVICE, count);
  }, 300_000);
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("answers as it does in memory, in the journal and in an export", async () => {
    expect(inMemory.findings.length).toBeGreaterThanOrEqual(Object.keys(PLANTS).length);
    expect(inMemory.standing.length).toBeGreaterThan(0);
    const held = Journal.open(journal, { readOnly: true });
    try {
      expect(answersOf(await replayFrom(entriesOf(held), options))).toEqual(inMemory);
    } finally {
      held.close();
    }
    const lines = ndjson.split("\n");
    expect(answersOf(await replayFrom(entriesOfLines(lines), options))).toEqual(inMemory);
    const reader = backends.reader(SERVICE);
    expect(answersOf(await replayFrom(entriesOf(reader), options))).toEqual(inMemory);
  });

  test.each([["check"], ["standing"], ["members"], ["oversight"], ["explain"]])(
    "the command %s answers alike from the journal, an export and Loki",
    async (command) => {
      const policy = join(backends.folder, "policy.json");
      writeFileSync(policy, JSON.stringify(POLICY));
      const file = join(backends.folder, "governance.ndjson");
      writeFileSync(file, ndjson);
      const ids = command === "explain" ? explained(inMemory) : [[]];
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        const more = [...id, "--json", "--policy", policy];
        const wanted = await quorumlog(command, journal, ...more);
        expect(wanted.stdout).not.toBe("");
        expect(await quorumlog(command, file, ...more)).toEqual(wanted);
        const ofLoki = await backends.command(SERVICE, command, ...more);
        expect(ofLoki).toEqual(wanted);
      }
    },
  );

  test("answers questions with several values, details and a trace", async () => {
    const voters = inMemory.members.map(({ did }) => did);
    const proposals = inMemory.proposals.map(({ proposalId }) => proposalId);
    const asked: readonly AuditQuery[] = [
      { actorDid: voters.slice(0, 2) },
      { proposalId: proposals.slice(0, 3), decision: ["approve", "reject"] },
      { proposalId: proposals.slice(0, 3), actorDid: voters, operation: ["vote_cast"], limit: 2 },
      { operation: ["node_added", "authorization_granted"], order: "oldest" },
      { operation: ["node_added", "never"], details: { weight: 1 } },
      { details: { total_weight: 8 }, decision: ["passed", "rejected"] },
    ];
    await contractOf(backends.reader(SERVICE), sealedOf(journal), { asked });
  });

  test("answers such questions about entries of any content", async () => {
    const made = fc.sample(fc.tuple(events, traceIds), { numRuns: 60, seed: 14 });
    const recordedMillis = Date.now() - 60_000;
    const entries = made.map(([event, traceId], sequence) =>
      sealed(sequence, event, { recordedMillis, traceId }),
    );
    await send(backends.lokiUrl, entries);
    const of = <T>(pick: (one: (typeof entries)[number]["entry"]) => T | undefined) =>
      entries.flatMap(({ entry }) => pick(entry) ?? []);
    const [trace = ""] = of(({ traceId }) => traceId);
    const asked: readonly AuditQuery[] = [
      { proposalId: of(({ proposalId }) => proposalId).slice(0, 8) },
      { actorDid: of(({ actorDid }) => actorDid).slice(0, 8), traceId: trace },
      { kind: of(({ kind }) => kind).slice(0, 8), decision: ["approve", "reject"] },
      { details: { note: 'q"\\' } },
      { details: { note: "|= `x`" } },
      { details: { flag: true }, traceId: trace },
      { details: { weight: 1e21 } },
      { traceId: trace, limit: 3, order: "oldest" },
    ];
    await contractOf(readerOf({ url: backends.lokiUrl }), entries, { asked });
  });
});

/** A proposal and a subject, as operands of `explain`. */
function explained({ proposals, subjects }: ReturnType<typeof answersOf>): string[][] {
  const [proposal, subject] = [proposals.at(-1)?.proposalId, subjects[0]?.subjectId];
  return [proposal, subject].flatMap((id) => (id === undefined ? [] : [[id]]));
}
