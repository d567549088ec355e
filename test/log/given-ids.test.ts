import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import { type About, AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { verify } from "../../src/verify/index.js";
import { GRANT, NODE, PROPOSAL, ticking } from "../fixtures/domain-objects.js";
import { newPath, prunable, pruneUnsealed, thrownBy } from "../fixtures/journal.js";
import { recordedLog, refusal, refusedWithoutTrace } from "../fixtures/recorded-log.js";

const ID = "0190163d-8694-739b-aea5-966c26f8ad91";

/** What the three kinds of logs promise alike. */
describe.each<[string, () => object]>([
  ["memory", () => ({})],
  ["a journal", () => ({ journal: newPath() })],
  ["a journal in groups", () => ({ journal: newPath(), durability: "batch" })],
])("an id that the caller gives, in %s", (_, options) => {
  const opened = (more: object = {}) => recordedLog({ clock: ticking(), ...options(), ...more });

  test("is the id of the entry, and a second call returns the entry and records nothing", async () => {
    const { audit, mirror } = opened();
    const first = audit.logProposalCreated(PROPOSAL, { id: ID });
    expect(first.id).toBe(ID);
    for (const id of [ID, ID.toUpperCase()]) {
      expect(audit.logProposalCreated({ ...PROPOSAL }, { id })).toEqual(first);
      await audit.flush();
    }
    expect(audit.length).toBe(1);
    expect(audit.ledger().accepted).toBe(1);
    expect(mirror.records).toHaveLength(1);
    expect(audit.logNodeRemoved(NODE).sequence).toBe(1);
    await audit.shutdown();
  });

  test("is refused for anything else, before and after its commit", async () => {
    const { audit } = opened();
    const timestamp = new Date(1000);
    const about: About = { id: ID, details: { a: [1, { b: 2 }] }, timestamp };
    const first = audit.logAuthorizationGranted(GRANT, about);
    const others: readonly (() => unknown)[] = [
      () => audit.logAuthorizationRevoked(GRANT, about),
      () => audit.logAuthorizationGranted({ ...GRANT, subjectId: "m2" }, about),
      () => audit.logAuthorizationGranted({ ...GRANT, actorDid: "did:x" }, about),
      () => audit.logAuthorizationGranted({ ...GRANT, reason: "x" }, about),
      () => audit.logAuthorizationGranted(GRANT, { ...about, details: { a: [1, { b: 3 }] } }),
      () => audit.logAuthorizationGranted(GRANT, { ...about, details: {} }),
      () => audit.logAuthorizationGranted(GRANT, { ...about, actor: { type: "human" } }),
      () => audit.logAuthorizationGranted(GRANT, { ...about, timestamp: new Date(1001) }),
    ];
    for (const pass of ["at once", "committed"]) {
      for (const other of others)
        expect(refusal(other), pass).toMatchObject({ code: "invalid_entry", field: "about.id" });
      const { timestamp: _, ...untimed } = about;
      expect(audit.logAuthorizationGranted(GRANT, untimed)).toEqual(first);
      expect(
        audit.log(
          { operation: "authorization_granted", ...GRANT, details: { a: [1, { b: 2 }] } },
          { id: ID, timestamp },
        ),
      ).toEqual(first);
      await audit.flush();
    }
    expect(audit.length).toBe(1);
    await audit.shutdown();
  });

  test("does not compare what the option about added, but what the call gave", async () => {
    let asked = 0;
    const { audit } = opened({
      about: () =>
        asked++ === 0
          ? { actor: { type: "human", sessionId: "s1" }, details: { host: "a" } }
          : { details: { host: "b", pod: "p" } },
    });
    const first = audit.logNodeRemoved(NODE, { id: ID, details: { ticket: 1 } });
    expect(first.details).toMatchObject({ host: "a", session_id: "s1", ticket: 1 });
    await audit.flush();
    expect(audit.logNodeRemoved(NODE, { id: ID, details: { ticket: 1 } })).toEqual(first);
    const given = { ticket: 1, host: "a" };
    expect(refusal(() => audit.logNodeRemoved(NODE, { id: ID, details: given })).field).toBe(
      "about.id",
    );
    await audit.shutdown();
  });

  test("is compared after redact", async () => {
    const { audit } = opened({
      redact: ({ actorDid: _, ...event }: { actorDid?: string; operation: string }) => event,
    });
    const first = audit.logNodeRemoved({ did: "did:a" }, { id: ID });
    expect(audit.logNodeRemoved({ did: "did:b" }, { id: ID })).toEqual(first);
    await audit.shutdown();
  });

  test("is refused after the shutdown, repeated or not", async () => {
    const { audit } = opened();
    audit.logNodeRemoved(NODE, { id: ID });
    await audit.shutdown();
    expect(refusal(() => audit.logNodeRemoved(NODE, { id: ID })).code).toBe("closed");
  });
});

test.each(["", "7", ID.slice(1), `${ID}0`, `{${ID}}`, "0".repeat(36), 7, {}])(
  "an id that is no UUID is refused: %j",
  (id) => {
    const error = refusedWithoutTrace((audit) => audit.logNodeRemoved(NODE, { id } as About));
    expect(error.field).toBe("about.id");
  },
);

test("a call that was refused leaves its id free", () => {
  const { audit } = recordedLog();
  refusal(() => audit.logNodeRemoved({ did: "" }, { id: ID }));
  expect(audit.logNodeRemoved(NODE, { id: ID }).sequence).toBe(0);
});

test("without a journal, an id is forgotten with its entry", () => {
  const { audit } = recordedLog({ maxEntries: 2 });
  const ids = [ID, randomUUID(), randomUUID()] as const;
  for (const id of ids) audit.logNodeRemoved(NODE, { id });
  expect(audit.logNodeRemoved(NODE, { id: ids[1] }).sequence).toBe(1);
  expect(audit.logNodeRemoved(NODE, { id: ID }).sequence).toBe(3);
  audit.clear();
  expect(audit.logNodeRemoved(NODE, { id: ID }).sequence).toBe(4);
});

test("an attached log takes ids, and its provider sees no second record", () => {
  const processor = new AuditLogProcessor();
  const seen: unknown[] = [];
  const counting = {
    onEmit: (record: unknown) => void seen.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const loggerProvider = new LoggerProvider({ processors: [counting, processor] });
  const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
  const first = audit.logNodeRemoved(NODE, { id: ID });
  expect(audit.logNodeRemoved(NODE, { id: ID })).toBe(first);
  expect(seen).toHaveLength(1);
});

test("a processor ahead that records an entry with the same id does not make it twice", () => {
  const processor = new AuditLogProcessor();
  let depth = 0;
  const ahead = {
    onEmit: () => {
      if (depth++ === 0) audit.logNodeRemoved(NODE, { id: ID });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const loggerProvider = new LoggerProvider({ processors: [ahead, processor] });
  const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
  expect(refusal(() => audit.logNodeRemoved(NODE, { id: ID })).code).toBe("not_recorded");
  expect(audit.length).toBe(1);
});

describe("in a journal, the ids that callers gave", () => {
  /** Two entries with an id, one without; the first of the two ids is ID. */
  async function filled() {
    const path = newPath();
    const audit = new GovernanceAuditLog({ journal: path, clock: ticking() });
    const first = audit.logNodeRemoved(NODE, { id: ID });
    audit.logNodeRemoved(NODE);
    audit.logProposalCreated(PROPOSAL, { id: randomUUID() });
    await audit.shutdown();
    return { path, first };
  }

  function inFile<T>(path: string, work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  async function problemsOf(path: string): Promise<readonly string[]> {
    const journal = Journal.open(path, { readOnly: true });
    try {
      return (await verify(journal.evidence())).problems.map(({ message }) => message);
    } finally {
      journal.close();
    }
  }

  test("hold after a restart, and when memory has evicted the entry", async () => {
    const { path, first } = await filled();
    const audit = new GovernanceAuditLog({ journal: path, maxEntries: 1 });
    expect(audit.logNodeRemoved({ ...NODE }, { id: ID })).toEqual(first);
    expect(refusal(() => audit.logNodeRemoved({ did: "x" }, { id: ID })).field).toBe("about.id");
    audit.clear();
    expect(audit.logNodeRemoved({ ...NODE }, { id: ID })).toEqual(first);
    await audit.shutdown();
    expect(await problemsOf(path)).toEqual([]);
  });

  test("are only those, one row each", async () => {
    const { path } = await filled();
    const rows = inFile(path, (file) => file.prepare("SELECT sequence, id FROM given_id").all());
    expect(rows).toEqual([
      { sequence: 0, id: ID },
      { sequence: 2, id: expect.any(String) },
    ]);
  });

  test("stay known when their entries were pruned: the call is refused, not recorded twice", async () => {
    const { path } = await filled();
    const journal = prunable(path);
    pruneUnsealed(journal, { olderThan: new Date("2026-04-15T00:00:00Z") });
    const audit = new GovernanceAuditLog({ journal });
    expect(refusal(() => audit.logNodeRemoved(NODE, { id: ID }))).toMatchObject({
      code: "invalid_entry",
      message: expect.stringContaining("sequence 0 was recorded with this id, and has been pruned"),
    });
    await audit.shutdown();
    journal.close();
    expect(await problemsOf(path)).toEqual([
      "3 entries were pruned, and no entry of the log says so",
    ]);
  });

  test.each([
    ["an UPDATE", "UPDATE given_id SET sequence = 1 WHERE sequence = 0"],
    ["a DELETE", "DELETE FROM given_id"],
    ["an id of no entry", `INSERT INTO given_id VALUES (1, '${randomUUID()}', '[]')`],
    ["INSERT OR REPLACE", `INSERT OR REPLACE INTO given_id VALUES (0, '${ID}', '["x"]')`],
  ])("cannot be changed by %s", async (_, sql) => {
    const { path } = await filled();
    expect(() => inFile(path, (file) => file.exec(sql))).toThrow(/append-only/);
    expect(await problemsOf(path)).toEqual([]);
  });

  test.each([
    ["another id", `UPDATE given_id SET id = '${randomUUID()}' WHERE sequence = 0`],
    ["another entry", "UPDATE given_id SET sequence = 1 WHERE sequence = 0"],
    ["an entry that is not there", "UPDATE given_id SET sequence = 99 WHERE sequence = 0"],
    ["no list of details", "UPDATE given_id SET of_option = '{}' WHERE sequence = 0"],
    ["no JSON", "UPDATE given_id SET of_option = 'x' WHERE sequence = 0"],
  ])("are checked by verify: %s", async (_, sql) => {
    const { path } = await filled();
    inFile(path, (file) => {
      const trigger = file
        .prepare("SELECT sql FROM sqlite_schema WHERE name = 'given_id_update'")
        .get()?.["sql"];
      file.exec(`DROP TRIGGER given_id_update; ${sql}; ${trigger}`);
    });
    const [problem, ...more] = await problemsOf(path);
    expect(problem).toMatch(/an id that a caller gave/);
    expect(more).toEqual([]);
    const journal = Journal.open(path);
    const audit = new GovernanceAuditLog({ journal });
    if (!sql.includes("SET id ="))
      expect(thrownBy(() => audit.logNodeRemoved(NODE, { id: ID }))).toMatchObject({
        code: sql.includes("99") ? "invalid_entry" : "journal_failed",
      });
    await audit.shutdown();
    journal.close();
  });
});

test("a group that cannot be committed keeps its ids, and writes them when it can", async () => {
  const path = newPath();
  const journal = Journal.open(path);
  const audit = new GovernanceAuditLog({ journal, durability: "batch", onError: () => {} });
  const { append } = journal;
  let failures = 1;
  journal.append = (...rows) => {
    if (failures-- > 0) throw new Error("disk full");
    append.call(journal, ...rows);
  };
  const first = audit.logNodeRemoved(NODE, { id: ID });
  await audit.flush();
  expect(audit.logNodeRemoved(NODE, { id: ID })).toEqual(first);
  await audit.shutdown();
  journal.close();
  const next = new GovernanceAuditLog({ journal: path });
  expect(next.logNodeRemoved(NODE, { id: ID })).toEqual(first);
  await next.shutdown();
});
