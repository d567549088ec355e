import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/cli/output/terminal.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, temporaryFolder } from "../fixtures/journal.js";
import { journalOf } from "../fixtures/journals.js";

const VOTES = journalOf.bind(undefined, [
  {
    actorDid: "did:a",
    decision: "approve",
    subjectId: "did:m",
    kind: "authorize-model",
    details: { vote_id: "urn:v:1" },
  },
  { actorDid: "did:b", decision: "reject", proposalId: "p2" },
  { operation: "node_removed", actorDid: "did:c" },
]);

/** The sequences that a query answers with, in its order. */
async function sequencesOf(path: string, ...flags: string[]): Promise<unknown[]> {
  const { code, stdout } = await quorumlog(["query", path, "--json", ...flags]);
  expect(code).toBe(0);
  return objectsOf(stdout).map(({ sequence }) => sequence);
}

describe("quorumlog query", () => {
  test.each([
    [[], [2, 1, 0]],
    [
      ["--operation", "vote_cast"],
      [1, 0],
    ],
    [["--proposal", "p2"], [1]],
    [["--subject", "did:m"], [0]],
    [["--actor", "did:b"], [1]],
    [["--kind", "authorize-model"], [0]],
    [["--decision", "approve"], [0]],
    [
      ["--since", "2026-04-14T12:00:01Z"],
      [2, 1],
    ],
    [["--until", "2026-04-14T12:00:01Z"], [0]],
    [
      ["--since", "1h"],
      [2, 1, 0],
    ],
    [
      ["--since", "3599s"],
      [2, 1],
    ],
    [
      ["--before", "2"],
      [1, 0],
    ],
    [
      ["--after", "0"],
      [2, 1],
    ],
    [
      ["--order", "oldest"],
      [0, 1, 2],
    ],
    [["--limit", "1"], [2]],
    [["-n", "0"], []],
    [["--all", "--operation", "vote_cast", "--decision", "reject"], [1]],
  ])("with %j finds %j", async (flags, sequences) => {
    expect(await sequencesOf(VOTES(), ...flags)).toEqual(sequences);
  });

  test("shows whole values in a pipe, and on a terminal what fits", async () => {
    const path = VOTES();
    const flags = ["query", path, "--order", "oldest", "--limit", "2"];
    expect((await quorumlog(flags)).stdout).toBe(
      "#  time                      operation  actor  proposal  subject  decision  what\n" +
        "0  2026-04-14T12:00:00.000Z  vote_cast  did:a  p1        did:m    approve   vote urn:v:1\n" +
        "1  2026-04-14T12:00:01.000Z  vote_cast  did:b  p2                 reject\n",
    );
    expect((await quorumlog(flags, { columns: 70, env: { NO_COLOR: "1" } })).stdout).toBe(
      "#  2026-04-14  operation  actor  proposal  decision  what\n" +
        "0  12:00:00    vote_cast  a      p1        approve   m vote 1\n" +
        "1  12:00:01    vote_cast  b      p2        reject\n",
    );
  });

  test("shows the subject of every operation that has one, and keeps a row readable", async () => {
    const cwd = temporaryFolder();
    await quorumlog(["demo", "g.db", "--json"], { cwd });
    for (const columns of [100, 120]) {
      const { stdout } = await quorumlog(["query", "g.db", "--order", "oldest"], {
        cwd,
        columns,
        env: { NO_COLOR: "1" },
      });
      const rows = stdout.trimEnd().split("\n");
      for (const operation of ["proposal_created", "authorization_granted", "emergency_freeze"])
        expect(rows.find((row) => row.includes(operation))).toMatch(
          /(?:7f3a|c04d)\w+ +medical-ai-v2/,
        );
      expect(rows.find((row) => row.includes("node_added"))).toContain("  alice  ");
      // only the last column is cut: a grant says why and until when, and whoever made it how
      expect(stdout).not.toMatch(/…[^\n]/);
    }
    const narrow = await quorumlog(["query", "g.db"], { cwd, columns: 80, env: { NO_COLOR: "1" } });
    expect(narrow.stdout).toMatch(/authorization_granted +alice +7f3a9c21 +medical-ai-v2/);
    expect(narrow.stdout).toMatch(/proposal_created +alice +7f3a9c21 +medical-ai-v2/);
  });

  test("shows every value whole with --wide, however long or wide it is", async () => {
    const subjectId = `did:web:${"very-long.".repeat(12)}example/${"模型".repeat(10)}`;
    const long = { subjectId, proposalId: `urn:p:${"7f3a".repeat(20)}`, actorDid: "did:x:eve" };
    const path = journalOf([long, { ...long, actorDid: "did:x:二" }]);
    const around = { columns: 100, env: { NO_COLOR: "1" } };
    for (const command of ["query", "tail"]) {
      const brief = (await quorumlog([command, path], around)).stdout;
      for (const line of brief.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(100);
      expect(brief).toMatch(/vote_cast.*eve/);
      expect(brief).toMatch(/vote_cast.*二/);
      const wide = (await quorumlog([command, path, "--wide"], around)).stdout;
      for (const value of [subjectId, long.proposalId, "did:x:eve", "2026-04-14T12:00:00.000Z"])
        expect(wide).toContain(value);
      expect(wide).not.toContain("…");
    }
    const [row] = (await quorumlog(["query", path, "-n", "1"], around)).stdout.split("\n").slice(1);
    expect(row).toContain("…");
  });

  test("says the day with each time when there is more than one", async () => {
    const path = journalOf([{ timestamp: new Date("2026-04-13T23:59:59.999Z") }, {}]);
    const { stdout } = await quorumlog(["query", path], { columns: 70, env: { NO_COLOR: "1" } });
    expect(stdout).toContain("1  2026-04-14 12:00:01  vote_cast");
    expect(stdout).toContain("0  2026-04-13 23:59:59  vote_cast");
  });

  test("gives the entries of the API as JSON", async () => {
    const path = VOTES();
    const { stdout } = await quorumlog(["query", path, "--json"]);
    expect(objectsOf(stdout)).toEqual(openJournal(path, { readOnly: true }).entries());
  });

  test("never lets an entry act on a terminal, in any form", async () => {
    const nasty = "\u001b]0;pwned\u0007\u009b2J\u202e\u2028\r\nnew\u200b";
    const path = journalOf([{ actorDid: nasty, proposalId: nasty, details: { [nasty]: nasty } }]);
    for (const [flags, lineEnd, lines] of [
      [[], "\\u000d\\u000a", 2],
      [["--json"], "\\r\\n", 1],
    ] as const) {
      const { screen } = await quorumlog(["query", path, ...flags, "--no-color"], { columns: 400 });
      expect(screen).toContain(`\\u001b]0;pwned\\u0007\\u009b2J\\u202e\\u2028${lineEnd}new\\u200b`);
      expect(screen.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(screen.trimEnd().split("\n")).toHaveLength(lines);
    }
  });

  test("says so when nothing is found, and when there is more than it shows unasked", async () => {
    const path = journalOf(Array.from({ length: 101 }, () => ({})));
    expect(await quorumlog(["query", path, "--operation", "x"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "no entry meets the conditions\n",
    });
    const more = (await quorumlog(["query", path])).stderr;
    expect(more).toBe(
      "there are more than 100 entries: go on with --before 1, or use --limit or --all\n",
    );
    expect((await quorumlog(["query", path, "--order", "oldest"])).stderr).toContain("--after 99");
    expect((await quorumlog(["query", path, "--limit", "100"])).stderr).toBe("");
    expect((await quorumlog(["query", path, "--after", "0"])).stderr).toBe("");
  });

  test("pages through everything, both ways, while the app goes on appending", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 600);
    const onOutput = (): void => void append(journal, 1);
    const { stdout } = await quorumlog(["query", path, "--json", "--all", "--order", "oldest"], {
      onOutput,
    });
    expect(objectsOf(stdout).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 600 }, (_, at) => at),
    );
    expect(journal.length).toBeGreaterThan(601);
    expect(await sequencesOf(path, "--all", "--before", "600")).toEqual(
      Array.from({ length: 600 }, (_, at) => 599 - at),
    );
    expect(await sequencesOf(path, "--limit", "550")).toHaveLength(550);
  });
});

describe("canonical lines", () => {
  test("are what query and tail write with --format ndjson, byte for byte", async () => {
    const path = journalOf([{ details: { note: "\u001b[31m" } }, {}, { actorDid: "did:b" }]);
    const journal = openJournal(path, { readOnly: true });
    const lines = [...journal.lines()].map((line) => `${line}\n`);
    const written = async (...argv: string[]) => (await quorumlog(argv)).stdout;
    expect(await written("query", path, "--format", "ndjson", "--order", "oldest")).toBe(
      lines.join(""),
    );
    expect(await written("query", path, "--format", "ndjson", "--actor", "did:b", "--json")).toBe(
      lines[2],
    );
    expect(await written("tail", path, "-n", "2", "--format", "ndjson")).toBe(
      lines.slice(1).join(""),
    );
    expect(await written("tail", path, "--format", "json")).toBe(
      await written("tail", path, "--json"),
    );
    const { stdout } = await quorumlog(["query", path, "--format", "ndjson"], { columns: 100 });
    expect(stdout).not.toContain("\u001b");
  });

  test.each([
    [["--format", "csv"], '--format "csv" is none of json, ndjson'],
    [["--format", "ndjson", "--wide"], "--wide goes with a table"],
  ])("are refused beside what does not fit: %j", async (flags, message) => {
    const { code, stderr } = await quorumlog(["query", journalOf([]), ...flags]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
