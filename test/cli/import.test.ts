import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type AuditEntry, GovernanceAuditLog } from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { quorumlog } from "../fixtures/command-line.js";
import { newPath, openJournal, START, temporaryFolder } from "../fixtures/journal.js";
import { journalOf } from "../fixtures/journals.js";

const CASES = resolve(import.meta.dirname, "../parity/cases");

/** A row of `export_json`. */
const row = (more: object = {}): Record<string, unknown> => ({
  timestamp: "2026-04-14T12:00:00.000+00:00",
  operation: "node_added",
  proposal_id: null,
  subject_id: null,
  kind: null,
  actor_did: "did:pqaid:alice",
  decision: null,
  details: { name: "Alice", weight: 1 },
  ...more,
});

const rowsAt = (count: number, first = 0): object[] =>
  Array.from({ length: count }, (_, index) => row({ actor_did: `did:pqaid:n${first + index}` }));

function fileOf(content: unknown): string {
  const path = join(temporaryFolder(), "export");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function entriesIn(path: string): AuditEntry[] {
  const journal = Journal.open(path, { readOnly: true });
  try {
    return journal.entries({ order: "oldest", limit: 100_000 });
  } finally {
    journal.close();
  }
}

async function imported(path: string, journal: string, ...flags: string[]) {
  const { code, stdout, stderr } = await quorumlog(["import", path, journal, ...flags, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** The export of a log, with a proposal whose kind is the app's own. */
async function otherLog(): Promise<{ readonly ndjson: string; readonly json: string }> {
  await using audit = new GovernanceAuditLog({
    journal: newPath(),
    logId: "old.example",
    kinds: ["retire-model"],
  });
  const ids = { proposalId: "p1", subjectId: "m1" };
  audit.logAuthorizationRevoked({ ...ids, kind: "retire-model" as "revoke-model" });
  audit.logNodeRemoved({ did: "did:pqaid:eve" }, { timestamp: new Date("2025-01-01T00:00:00Z") });
  audit.log({ operation: "coffee", details: { "10": 1, imported_log: "older" } });
  return { ndjson: audit.exportNdjson(), json: audit.exportJson() };
}

describe("quorumlog import", () => {
  test.each(readdirSync(CASES))("records what %s of the reference has, once", async (name) => {
    const exported: string = JSON.parse(readFileSync(join(CASES, name), "utf8")).export_json;
    const [path, journal] = [fileOf(exported), newPath()];
    const rows: Record<string, unknown>[] = JSON.parse(exported);
    const result = { rows: rows.length, journal, logId: "acme.example" };
    const first = await imported(path, journal, "--log", "acme.example");
    expect(first).toEqual({ ...result, imported: rows.length, repeated: 0 });
    const again = await imported(path, journal);
    expect(again).toEqual({ ...result, imported: 0, repeated: rows.length });
    const entries = entriesIn(journal);
    expect(
      entries.map(({ details: { imported_log: log, ...details }, ...entry }) => ({
        timestamp: entry.timestamp.replace("Z", "+00:00"),
        operation: entry.operation,
        proposal_id: entry.proposalId ?? null,
        subject_id: entry.subjectId ?? null,
        kind: entry.kind ?? null,
        actor_did: entry.actorDid ?? null,
        decision: entry.decision ?? null,
        details,
        log,
      })),
    ).toEqual(rows.map((each) => ({ ...each, log: "unnamed" })));
    for (const { recordedAt } of entries) expect(recordedAt).toBe("2026-04-14T13:00:00.000Z");
  });

  test("records another log, with where each entry stood in it, and kinds of its own", async () => {
    const { ndjson } = await otherLog();
    const journal = journalOf([{}]);
    expect(await imported(fileOf(ndjson), journal)).toMatchObject({ imported: 3, repeated: 0 });
    expect(await imported(fileOf(ndjson), journal)).toMatchObject({ imported: 0, repeated: 3 });
    const [, revoked, removed, coffee, ...more] = entriesIn(journal);
    const hash = expect.stringMatching(/^[\da-f]{64}$/);
    const from = (sequence: number) => ({
      imported_log: "old.example",
      imported_sequence: sequence,
      imported_leaf_hash: hash,
    });
    expect(more).toEqual([]);
    expect(revoked).toMatchObject({ kind: "retire-model", details: from(0) });
    expect(removed).toMatchObject({ timestamp: "2025-01-01T00:00:00.000Z", details: from(1) });
    expect(coffee?.details).toEqual({ "10": 1, imported_imported_log: "older", ...from(2) });
  });

  test("records what another log held and pruned under other names, so that it holds nothing here", async () => {
    const audit = new GovernanceAuditLog({ journal: newPath(), logId: "old.example" });
    audit.log({ operation: "coffee", proposalId: "p1" });
    audit.hold({ proposalId: "p1" }, "why");
    const exports = [audit.exportNdjson(), audit.exportJson()];
    await audit.shutdown();
    for (const each of exports) {
      const journal = newPath();
      expect(await imported(fileOf(each), journal)).toMatchObject({ imported: 2 });
      expect(entriesIn(journal)).toMatchObject([
        { operation: "coffee" },
        { operation: "imported_log_hold_set", proposalId: "p1", details: { held_from: 0 } },
      ]);
      const { stdout } = await quorumlog(["hold", journal, "--list"]);
      expect(stdout).toBe("no hold is in force\n");
    }
  });

  test("records an array of exportJson, of the log that --from-log names", async () => {
    const [{ json }, journal] = [await otherLog(), newPath()];
    expect(await imported(fileOf(json), journal, "--from-log", "old.example")).toMatchObject({
      imported: 3,
      logId: "quorumlog",
    });
    expect(entriesIn(journal).map(({ details }) => details["imported_log"])).toEqual(
      Array(3).fill("old.example"),
    );
    expect(await imported(fileOf(json), journal)).toMatchObject({ imported: 3 });
  });

  test("keeps microseconds, and accepts any kind and a byte order mark", async () => {
    const kind = { operation: "proposal_created", kind: "AUTHORIZE MODEL", details: {} };
    const rows = [
      row({ timestamp: "2026-04-14T14:00:00.123456+02:00" }),
      row({ timestamp: "2026-04-14T12:00:00.123000+00:00" }),
      row(kind),
    ];
    const journal = newPath();
    await imported(fileOf(`\ufeff ${JSON.stringify(rows)}`), journal);
    const [fine, coarse, proposal] = entriesIn(journal);
    expect(fine).toMatchObject({
      timestamp: "2026-04-14T12:00:00.123Z",
      details: { imported_timestamp: "2026-04-14T14:00:00.123456+02:00" },
    });
    expect(coarse?.timestamp).toBe("2026-04-14T12:00:00.123Z");
    expect(coarse?.details).not.toHaveProperty("imported_timestamp");
    expect(proposal?.kind).toBe("AUTHORIZE MODEL");
  });

  test("counts equal rows of an array, and takes a line that comes twice for one entry", async () => {
    const journal = newPath();
    const [a, b] = [row(), row({ actor_did: "did:pqaid:bob" })];
    await imported(fileOf([a, b, a]), journal);
    expect(await imported(fileOf([a, a, a, b]), journal)).toMatchObject({
      imported: 1,
      repeated: 3,
    });
    const { ndjson } = await otherLog();
    expect(await imported(fileOf(ndjson + ndjson), journal)).toMatchObject({
      rows: 6,
      imported: 3,
    });
    expect(entriesIn(journal)).toHaveLength(7);
  });

  test("gives a row the same id for ever, of version 8 of RFC 9562", async () => {
    const journal = newPath();
    await imported(fileOf([row(), row()]), journal);
    expect(entriesIn(journal).map(({ id }) => id)).toEqual([
      "cc4d260c-15d7-8192-9600-a034a6bd6bf1",
      "b6f9d338-0704-8ee8-9f81-cdab9b251a87",
    ]);
  });

  test("goes on where an import was interrupted, and is not judged as backdated", async () => {
    const [journal, rows] = [newPath(), rowsAt(600)];
    const controller = new AbortController();
    const add = vi.spyOn(GovernanceAuditLog.prototype, "flush").mockImplementationOnce(function (
      this: GovernanceAuditLog,
      ...args
    ) {
      setImmediate(() => controller.abort("SIGINT")); // as a signal, which the event loop brings
      return this.flush(...args);
    });
    const { code } = await quorumlog(["import", fileOf(rows), journal], {
      signal: controller.signal,
    });
    add.mockRestore();
    expect(code).toBe(130);
    expect(entriesIn(journal)).toHaveLength(256);
    expect(await imported(fileOf(rows), journal)).toMatchObject({ imported: 344, repeated: 256 });
    expect(entriesIn(journal).map(({ actorDid }) => actorDid)).toEqual(
      rows.map((each) => (each as { actor_did: string }).actor_did),
    );
    const policy = fileOf({ recordWithinSeconds: 60 });
    const { stdout } = await quorumlog(["check", journal, "--policy", policy, "--json"]);
    expect(stdout).not.toContain("backdated");
  });

  test("names a bad row, and writes nothing of its chunk", async () => {
    const journal = newPath();
    const rows = rowsAt(300);
    const bad = fileOf([...rows, row({ operation: "vote_cast", details: {}, decision: "maybe" })]);
    const { code, stdout, stderr } = await quorumlog(["import", bad, journal]);
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: "",
      stderr:
        `quorumlog: ${bad}: row 301: decision: expected one of approve, reject, abstain; ` +
        "only the rows before row 257 are in the journal\n",
    });
    expect(entriesIn(journal)).toHaveLength(256);
    expect(await imported(fileOf(rows), journal)).toMatchObject({ imported: 44, repeated: 256 });
  });

  test.each<[string, object, string]>([
    ["no object", [], "row: expected an object"],
    ["another key", row({ colour: 1 }), "colour: a row has no such key"],
    ["a key of a prototype", JSON.parse('{"__proto__":1}'), "timestamp: expected RFC 3339"],
    ["no time", row({ timestamp: null }), "timestamp: expected RFC 3339"],
    ["a time without zone", row({ timestamp: "2026-04-14T12:00:00" }), "timestamp: expected RFC"],
    ["a time before 1970", row({ timestamp: "1969-04-14T12:00:00Z" }), "timestamp: expected a t"],
    ["the operation of checkpoints", row({ operation: "checkpoint" }), "operation: "],
    ["a number for an id", row({ proposal_id: 7 }), "proposal_id: expected a string"],
    ["a lone surrogate", row({ subject_id: "\ud800" }), "subject_id: a string with a lone"],
    ["a list of details", row({ details: [] }), "details: expected an object"],
    ["a detail of another type", row({ details: { weight: "1" } }), "details.weight: expected a"],
    ["too long a line", row({ details: { name: "x".repeat(65_500) } }), "details: the canonical"],
  ])("refuses a row with %s", async (_, bad, message) => {
    const journal = newPath();
    const { code, stderr } = await quorumlog(["import", fileOf([row(), bad]), journal]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("row 2: ") });
    expect(stderr).toContain(`row 2: ${message}`);
    expect(stderr).toContain("; nothing was written\n");
    if (existsSync(journal)) expect(entriesIn(journal)).toEqual([]);
  });

  test("refuses lines that no log writes, that are of another log, or of the journal's own", async () => {
    const { ndjson } = await otherLog();
    const [first = ""] = ndjson.split("\n");
    const journal = newPath();
    for (const [text, message, ...flags] of [
      [`${first}\n${first.slice(0, -9)}`, "row 2: line: it is not a line that a log writes"],
      [`${first}\n\n`, "row 2: line: "],
      [`${first}\r\n`, "row 1: line: "],
      [first, 'row 1: log: it is of the log "old.example", not of "a"', "--from-log", "a"],
      [first, 'row 1: log: it is an entry of the log "old.example" itself', "--log", "old.example"],
    ] as const) {
      const { code, stderr } = await quorumlog(["import", fileOf(text), journal, ...flags]);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
    }
    const bytes = join(temporaryFolder(), "export");
    writeFileSync(
      bytes,
      Buffer.concat([Buffer.from(`${first}\n{"a":"`), Buffer.from([0xff, 0x0a])]),
    );
    expect((await quorumlog(["import", bytes, journal])).stderr).toContain("row 2: line: ");
  });

  test("refuses what is no export, and makes no journal then", async () => {
    const journal = newPath();
    for (const [path, message] of [
      [fileOf(""), "neither an export as NDJSON nor an array"],
      [fileOf("sequence,timestamp"), "neither an export as NDJSON nor an array"],
      [fileOf("[{]"), "it is not JSON"],
      [journalOf([{}]), "it is a journal; quorumlog export --format ndjson"],
      [temporaryFolder(), "is a folder"],
      [newPath(), "there is no"],
    ] as const) {
      const { code, stderr } = await quorumlog(["import", path, journal]);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
    }
    expect(existsSync(journal)).toBe(false);
    const taken = fileOf("mine");
    expect(await quorumlog(["import", fileOf([row()]), taken])).toMatchObject({ code: 3 });
    expect(readFileSync(taken, "utf8")).toBe("mine");
  });

  test("refuses a journal that an app has open, and one of another log", async () => {
    const path = journalOf([]);
    const other = await quorumlog(["import", fileOf([row()]), path, "--log", "other.example"]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("acme.example") });
    openJournal(path);
    const held = await quorumlog(["import", fileOf([row()]), path]);
    expect(held).toMatchObject({ code: 3, stdout: "" });
    expect(held.stderr).toContain(`has ${path} open for writing`);
    expect(held.stderr).toContain("or call audit.log with about.id in it");
  });

  test("leaves out what retention removed since, and refuses a row whose id another entry has", async () => {
    const journal = newPath();
    await imported(fileOf([row()]), journal);
    const [{ id } = { id: "" }] = entriesIn(journal);
    const year = new Date(Date.parse("2026-04-14T13:00:00Z") + 400 * 86_400_000);
    vi.useFakeTimers({ toFake: ["Date"], now: year });
    await quorumlog(["prune", journal, "--older-than", "200d"], { now: () => year });
    vi.useRealTimers();
    expect(await imported(fileOf([row()]), journal)).toMatchObject({ imported: 0, repeated: 1 });
    const taken = newPath();
    const audit = new GovernanceAuditLog({ journal: taken });
    audit.logNodeRemoved({ did: "did:pqaid:eve" }, { id });
    await audit.shutdown();
    const { code, stderr } = await quorumlog(["import", fileOf([...rowsAt(3), row()]), taken]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining("row 4: id: entry 0 has the id of this row, and differs"),
    });
    expect(entriesIn(taken)).toHaveLength(1);
  });

  test("signs with a key of keygen, and says on a terminal how far it is", async () => {
    const cwd = temporaryFolder();
    await quorumlog(["keygen", "--name", "acme.example", "--algorithm", "ed25519", "--out", "."], {
      cwd,
    });
    const [pem = "", vkey = ""] = ["pem", "vkey"].map((end) => `acme.example.ed25519.${end}`);
    const now = vi.fn(() => new Date(START + now.mock.calls.length * 1000));
    const { code, screen } = await quorumlog(
      ["import", fileOf(rowsAt(300)), "new.db", "--sign", pem],
      { cwd, columns: 100, now },
    );
    expect({ code, screen }).toEqual({
      code: 0,
      screen:
        "\r256 entries\r300 entries\r\u001b[K" +
        `imported 300 entries into ${join(cwd, "new.db")}\n`,
    });
    expect(await quorumlog(["verify", "new.db", "--key", vkey], { cwd })).toMatchObject({
      code: 0,
    });
    const noKey = await quorumlog(["import", fileOf([]), "new.db", "--sign", vkey], { cwd });
    expect(noKey).toMatchObject({ code: 3, stderr: expect.stringContaining("no private key") });
  });
});

test("a new journal without --log: which log it is, which stays so", async () => {
  const path = fileOf("[]");
  const journal = newPath();
  const first = await quorumlog(["import", path, journal]);
  expect(first).toMatchObject({
    code: 0,
    stderr: "the new journal is one of the log quorumlog; --log names a new one otherwise\n",
  });
  expect(await quorumlog(["import", path, journal])).toMatchObject({ code: 0, stderr: "" });
  expect(await quorumlog(["import", path, newPath(), "--log", "a.example"])).toMatchObject({
    code: 0,
    stderr: "",
  });
});
