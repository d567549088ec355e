import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parse } from "csv-parse/sync";
import { describe, expect, test, vi } from "vitest";
import { exportJson } from "../../src/entry/audit-entry.js";
import { splitNotes } from "../../src/integrity/note/signed-note.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  START,
  temporaryFolder,
} from "../fixtures/journal.js";
import { appendLong, journalOf, signedJournal } from "../fixtures/journals.js";

const EVENTS = [
  {
    actorDid: "did:a",
    decision: "approve",
    details: { "10": 1, "9": 2, note: 'say "hi",\r\nthen\u2028go \u202e \u007f' },
  },
  { operation: "note_taken", actorDid: "=HYPERLINK(1)", details: {} },
  { operation: "note_taken", timestamp: new Date(0), details: { deep: [{ a: null }] } },
];

describe("quorumlog export", () => {
  test.each([0, 1, 3])("as JSON gives the bytes of exportJson(), for %i entries", async (count) => {
    const path = journalOf(EVENTS.slice(0, count));
    const entries = openJournal(path, { readOnly: true }).entries({ order: "oldest" });
    expect((await quorumlog(["export", path, "--format", "json"])).stdout).toBe(
      exportJson(entries),
    );
  });

  test("as NDJSON gives the canonical lines", async () => {
    const path = journalOf(EVENTS);
    const lines = [...openJournal(path, { readOnly: true }).lines()];
    const { stdout, stderr } = await quorumlog(["export", path, "--format", "ndjson"]);
    expect(stdout).toBe(`${lines.join("\n")}\n`);
    expect(stderr).toBe("");
    const selected = await quorumlog([
      "export",
      path,
      "--format",
      "ndjson",
      "--operation",
      "note_taken",
    ]);
    expect(selected.stdout).toBe(`${lines.slice(1).join("\n")}\n`);
    expect(selected.stderr).toBe(
      "these are not all lines of the log, and cannot be verified; quorumlog prove makes evidence of chosen entries\n",
    );
  });

  test("as CSV gives every field, details in their canonical form", async () => {
    const path = journalOf(EVENTS);
    const journal = openJournal(path, { readOnly: true });
    const { stdout } = await quorumlog(["export", path, "--format", "csv"]);
    const rows = parse(stdout, { columns: true, record_delimiter: "\r\n" }) as Record<
      string,
      string
    >[];
    expect(rows.map(({ actor_did }) => actor_did)).toEqual(["did:a", "'=HYPERLINK(1)", "did:a"]);
    for (const [sequence, line] of [...journal.lines()].entries()) {
      const row = rows[sequence];
      expect(line).toContain(`"details":${row?.["details"]},"id":"${row?.["id"]}"`);
      expect(row?.["leaf_hash"]).toBe(journal.get(sequence)?.leafHash);
    }
    expect(rows[2]).toMatchObject({
      timestamp: "1970-01-01T00:00:00.000Z",
      recorded_at: "2026-04-14T12:00:02.000Z",
    });
  });

  test.each(["json", "ndjson", "csv"])(
    "as %s shows a terminal nothing that it would act on",
    async (format) => {
      const path = journalOf(EVENTS);
      const { stdout } = await quorumlog(["export", path, "--format", format], { columns: 80 });
      expect(stdout.replaceAll(/\r?\n/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      if (format === "json") expect(JSON.parse(stdout)[0].details).toEqual(EVENTS[0]?.details);
      if (format === "ndjson")
        expect(objectsOf(stdout)[0]?.["details"]).toEqual(EVENTS[0]?.details);
    },
  );

  test("leaves out what is appended meanwhile, and takes only so much memory", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 600);
    const chunks: number[] = [];
    for (const format of ["json", "ndjson", "csv"]) {
      const { length } = journal;
      const { stdout } = await quorumlog(["export", path, "--format", format], {
        onOutput: (text) => {
          append(journal, 1);
          chunks.push(text.length);
        },
      });
      expect(stdout.match(/vote_cast/g)).toHaveLength(length);
    }
    expect(Math.max(...chunks)).toBeLessThan(200_000);
  });

  test("fails when entries were pruned meanwhile, which may be missing in it", async () => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 600);
    const { code, stderr } = await quorumlog(["export", path, "--format", "csv"], {
      onOutput: () => void pruneUnsealed(journal, { olderThan: new Date(START + 300_000) }),
    });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: "quorumlog: journal: entries were pruned meanwhile; export it again\n",
    });
  });

  test("writes a file that is there when it is whole, and replaces none unasked", async () => {
    const path = journalOf(EVENTS);
    const cwd = temporaryFolder();
    const file = join(cwd, "audit.csv");
    const argv = ["export", path, "--format", "csv", "--out", "audit.csv"];
    expect(await quorumlog(argv, { cwd })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `3 entries written to ${file}\n`,
    });
    const bytes = readFileSync(file, "utf8");
    expect(bytes).toBe((await quorumlog(argv.slice(0, 4))).stdout);

    writeFileSync(file, "mine");
    const refused = await quorumlog(argv, { cwd });
    expect(refused).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("add --force"),
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
    const forced = await quorumlog([...argv, "--force", "--json"], { cwd });
    expect(JSON.parse(forced.stdout)).toEqual({ file, entries: 3 });
    expect(readFileSync(file, "utf8")).toBe(bytes);
    expect(readdirSync(cwd)).toEqual(["audit.csv"]);
    expect((await quorumlog([...argv.slice(0, -1), ".", "--force"], { cwd })).stderr).toContain(
      "is not a file",
    );
  });

  test("goes to stdout with --out -, as without --out", async () => {
    const { path } = await signedJournal(3, 1);
    const cwd = temporaryFolder();
    for (const format of ["json", "ndjson", "csv"]) {
      const argv = ["export", path, "--format", format];
      expect(await quorumlog([...argv, "--out", "-"], { cwd })).toEqual(
        await quorumlog(argv, { cwd }),
      );
    }
    const proof = ["prove", path, "--sequence", "1"];
    expect(await quorumlog([...proof, "-o", "-"], { cwd })).toEqual(
      await quorumlog(proof, { cwd }),
    );
    for (const flag of ["--force", "--json", "--checkpoints=all"]) {
      const refused = ["export", path, "--format", "ndjson", "--out", "-", flag];
      expect((await quorumlog(refused, { cwd })).code).toBe(2);
    }
    expect(readdirSync(cwd)).toEqual([]);
  });

  test("takes at most so many entries with --limit, the oldest of them", async () => {
    const { path } = await signedJournal(5);
    const cwd = temporaryFolder();
    const sequences = async (...flags: string[]): Promise<unknown[]> => {
      const { stdout } = await quorumlog(["export", path, "--format", "ndjson", ...flags]);
      return objectsOf(stdout).map(({ seq }) => seq);
    };
    expect(await sequences("-n", "2")).toEqual([0, 1]);
    expect(await sequences("--limit", "2", "--after", "1")).toEqual([2, 3]);
    expect(await sequences("--limit", "1", "--proposal", "p2")).toEqual([1]);
    expect(await sequences("-n", "0")).toEqual([]);
    expect(await sequences("-n", "9")).toEqual([0, 1, 2, 3, 4]);
    const chosen = ["export", path, "--format", "ndjson", "-n", "9", "--out", "some.ndjson"];
    const { stderr } = await quorumlog(chosen, { cwd });
    expect(stderr).toContain("these are not all lines of the log, and cannot be verified");
    expect(readdirSync(cwd)).toEqual(["some.ndjson"]);
  });

  test("leaves no file behind when it is interrupted", async () => {
    const path = newPath();
    appendLong(openJournal(path), 8);
    const out = join(dirname(path), "audit.json");
    const { code } = await quorumlog(["export", path, "--format", "json", "--out", out], {
      signal: AbortSignal.abort("SIGINT"),
    });
    expect(code).toBe(130);
    expect(readdirSync(dirname(path)).filter((name) => name.includes("audit"))).toEqual([]);
  });

  test("fails with exit code 3 where it cannot write", async () => {
    const path = journalOf(EVENTS);
    const out = join(dirname(path), "nowhere", "audit.json");
    const { code, stderr } = await quorumlog(["export", path, "--format", "json", "--out", out]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("ENOENT") });
    expect(existsSync(dirname(out))).toBe(false);
  });

  test("shows its progress on a terminal, and takes it away at the end", async () => {
    const path = newPath();
    appendLong(openJournal(path), 16);
    let now = 0;
    const around = { columns: 80, now: () => new Date(60 * now++) };
    const argv = ["export", path, "--format", "ndjson"];
    const { stderr } = await quorumlog(argv, { ...around, piped: true });
    expect(stripVTControlCharacters(stderr)).toMatch(/^(?:\r\d+ entries)+\r$/);
    expect(stderr).toMatch(/\[K$/);
    expect((await quorumlog(argv, around)).stderr).toBe("");
    expect((await quorumlog(argv, { now: around.now })).stderr).toBe("");
  });
});

describe("quorumlog export as NDJSON into a file", () => {
  const argvOf = (path: string, ...more: string[]): string[] => {
    return ["export", path, "--format", "ndjson", "--out", "log.ndjson", ...more];
  };

  test("writes the newest checkpoint beside it, so that it verifies at once", async () => {
    const cwd = temporaryFolder();
    const { path, vkey } = await signedJournal(5, 2);
    expect(await quorumlog(argvOf(path), { cwd })).toMatchObject({
      code: 0,
      stderr: `7 entries written to ${cwd}/log.ndjson\nits checkpoint, which covers 5 entries, written to ${cwd}/log.ndjson.checkpoint\n`,
    });
    expect(readFileSync(join(cwd, "log.ndjson.checkpoint"), "utf8")).toBe(
      openJournal(path).newestCheckpoint()?.note,
    );
    const verify = ["verify", "log.ndjson", "--key", vkey, "--json", "--covered-only"];
    const { code, stdout } = await quorumlog(verify, { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verified: true,
      entries: 7,
      covered: 5,
      problems: [],
    });
    const { stdout: json } = await quorumlog(argvOf(path, "--force", "--json"), { cwd });
    expect(JSON.parse(json)).toEqual({
      file: join(cwd, "log.ndjson"),
      entries: 7,
      checkpoint: { file: join(cwd, "log.ndjson.checkpoint"), size: 5 },
    });
  });

  test.each([
    ["a dangling symbolic link to a volume", false],
    ["a symbolic link to a file, with --force", true],
  ])("%s stays a link, and what it leads to verifies by both names", async (_, isThere) => {
    const cwd = temporaryFolder();
    const volume = temporaryFolder();
    const { path, vkey } = await signedJournal(5);
    symlinkSync(join(volume, "real.ndjson"), join(cwd, "log.ndjson"));
    if (isThere) writeFileSync(join(volume, "real.ndjson"), "old");
    expect((await quorumlog(argvOf(path, ...(isThere ? ["--force"] : [])), { cwd })).code).toBe(0);
    expect(lstatSync(join(cwd, "log.ndjson")).isSymbolicLink()).toBe(true);
    expect(readdirSync(cwd)).toEqual(["log.ndjson"]);
    expect(readdirSync(volume).sort()).toEqual(["real.ndjson", "real.ndjson.checkpoint"]);
    for (const name of ["log.ndjson", join(volume, "real.ndjson")])
      expect((await quorumlog(["verify", name, "--key", vkey], { cwd })).code).toBe(0);
  });

  test("takes no checkpoint that is signed meanwhile", async () => {
    const cwd = temporaryFolder();
    const { path, key } = await signedJournal(600);
    const journal = openJournal(path);
    const signed = vi.fn(() => {
      append(journal, 1);
      return journal.checkpoint({ keys: [key] });
    });
    let calls = 0;
    const now = (): Date => {
      // the first two are before the export: for the query, and when the progress begins
      if (++calls === 3) signed();
      return new Date();
    };
    await quorumlog(argvOf(path), { cwd, columns: 80, piped: true, now });
    expect(signed).toHaveBeenCalledOnce();
    await signed.mock.results[0]?.value;
    const { code } = await quorumlog(["verify", "log.ndjson", "--key", key.verifierKey.vkey], {
      cwd,
    });
    expect(code).toBe(0);
  });

  test("writes all checkpoints when asked", async () => {
    const cwd = temporaryFolder();
    const { path, key, vkey } = await signedJournal(3);
    const journal = openJournal(path);
    append(journal, 1);
    await journal.checkpoint({ keys: [key] });
    await quorumlog(argvOf(path, "--checkpoints", "all"), { cwd });
    expect(splitNotes(readFileSync(join(cwd, "log.ndjson.checkpoint"), "utf8"))).toEqual(
      [...journal.checkpoints()].map(({ note }) => note),
    );
    const { stdout } = await quorumlog(["verify", "log.ndjson", "--key", vkey, "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ verified: true, checkpointCount: 2 });
  });

  test("leaves neither file without the other", async () => {
    const cwd = temporaryFolder();
    const { path } = await signedJournal(3);
    writeFileSync(join(cwd, "log.ndjson.checkpoint"), "old");
    expect(await quorumlog(argvOf(path), { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("log.ndjson.checkpoint is there already"),
    });
    expect(readdirSync(cwd)).toEqual(["log.ndjson.checkpoint"]);
    const signal = AbortSignal.abort("SIGINT");
    const long = newPath();
    appendLong(openJournal(long), 8);
    expect((await quorumlog(argvOf(long, "--force"), { cwd, signal })).code).toBe(130);
    expect(readdirSync(cwd)).toEqual(["log.ndjson.checkpoint"]);

    const unsigned = await quorumlog(argvOf(journalOf([{}]), "--force"), { cwd });
    expect(unsigned).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        "no checkpoint is written with it, so it cannot be verified on its own\n",
      ),
    });
    expect(readdirSync(cwd)).toEqual(["log.ndjson"]);
  });

  test("says what pruned entries mean for it", async () => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 4);
    pruneUnsealed(journal, { olderThan: new Date(START + 2000) });
    const { stderr } = await quorumlog(argvOf(path), { cwd: temporaryFolder() });
    expect(stderr).toContain(
      "2 entries were pruned, and the lines cannot be verified without them",
    );
  });
});
