import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readProposals } from "../../examples/replay-votes/read-proposals.ts";
import { replay } from "../../examples/replay-votes/replay.ts";
import { LONG } from "../fixtures/long-runs.js";
import { outputOf, ROOT, runExample } from "./run-example.js";

const PROGRAM = "replay-votes/index.ts";
const REAL_VOTES = join(ROOT, "../shared/data/mantadao-votes-1-213.csv");

const HEADER = "id,voter,vote,start,iso";
const FIRST = "1684859490792,2023-05-23T16:31:30.792Z";
const SECOND = "1708544140199,2024-02-21T19:35:40.199Z";
const VOTES = [
  HEADER,
  `2,"zoe, the third",veto,${SECOND}`,
  `2,yan,yes,${SECOND}`,
  `2,xia,no,${SECOND}`,
  `1,yan,yes,${FIRST}`,
  `1,xia,abstain,${FIRST}`,
];

const NO_MEMBERS =
  "vote-by-nonmember undetermined: the trail records no nodes, so it cannot show who was a member";
const NO_WEIGHTS = "tally-mismatch undetermined: the trail records no nodes, so no weights";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-votes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(lines: readonly string[], end = "\n"): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, lines.map((line) => line + end).join(""));
  return path;
}

describe.concurrent("replay-votes", () => {
  test("prints summaries of the votes, and the proposals with the most votes", async () => {
    expect(await outputOf(PROGRAM, [file(VOTES)])).toBe(
      [
        "2 proposals, 5 votes, 9 entries",
        "",
        "votes by word of the file",
        "      2  yes",
        "      1  abstain",
        "      1  veto",
        "      1  no",
        "",
        "votes by decision",
        "      2  approve",
        "      2  reject",
        "      1  abstain",
        "",
        "results",
        "      1  passed",
        "      1  rejected",
        "",
        "proposals with the most votes",
        "      3  proposal 2      rejected: 1 for, 2 against",
        "      2  proposal 1      passed: 1 for, 0 against",
        "",
        "dissent",
        "      1  votes against the result",
        "      1  proposals with such a vote",
        "",
        "what breaks the rules or cannot be told, by entries",
        `      5  ${NO_MEMBERS}`,
        `      2  ${NO_WEIGHTS}`,
        "",
      ].join("\n"),
    );
  });

  test("records the oldest proposal first, with the time and the word from the file", async () => {
    const audit = replay(await readProposals(file(VOTES, "\r\n")), () => {});
    const trail = audit.entries({ order: "oldest" });
    expect(trail.map((entry) => `${entry.operation} ${entry.proposalId}`)).toEqual([
      "proposal_created proposal:1",
      "vote_cast proposal:1",
      "vote_cast proposal:1",
      "consensus_reached proposal:1",
      "proposal_created proposal:2",
      "vote_cast proposal:2",
      "vote_cast proposal:2",
      "vote_cast proposal:2",
      "consensus_reached proposal:2",
    ]);
    expect(audit.entries({ decision: "reject" })[1]).toMatchObject({
      actorDid: "zoe, the third",
      timestamp: "2024-02-21T19:35:40.199Z",
      details: { vote_id: "vote:2:zoe, the third", original: "veto" },
    });
  });

  test.each([
    ["a missing column", "1,wim,yes", "Invalid Record Length: expect 5, got 3"],
    ["an open quote", `1,"wim,yes,${FIRST}`, "Quote Not Closed"],
    ["a wrong id", `x,wim,yes,${FIRST}`, 'id: expected a positive number, got "x"'],
    ["no voter", `1,,yes,${FIRST}`, "voter: expected who voted"],
    [
      "an unknown word",
      `1,wim,maybe,${FIRST}`,
      'vote: expected one of yes, no, veto, abstain, got "maybe"',
    ],
    ["a wrong start", "1,wim,yes,soon,2023", "start: expected milliseconds from 1970 to 2262"],
    [
      "a start too late",
      "1,wim,yes,9999999999999,2286",
      "start: expected milliseconds from 1970 to 2262",
    ],
    ["a wrong time", "1,wim,yes,0,1970", "iso: expected 1970-01-01T00:00:00.000Z, as start says"],
    [
      "two starts of one proposal",
      `1,wim,yes,${SECOND}`,
      "start: proposal 1 started at 2023-05-23",
    ],
    ["two votes of one voter", `1,yan,no,${FIRST}`, "voter: yan has voted on proposal 1 before"],
  ])("names the line that has %s", async (_case, line, message) => {
    const path = file([...VOTES, line]);
    const error = await readProposals(path).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      name: "MalformedVotes",
      message: expect.stringContaining(message),
    });
    expect(error).toMatchObject({ message: expect.stringMatching(/\.csv:[78]: /) });
  });

  test.each([
    ["is not there", () => join(folder, "missing.csv"), "cannot read the votes: ENOENT"],
    ["is a folder", () => folder, "cannot read the votes: EISDIR"],
    ["is empty", () => file([]), ": the file is empty"],
    [
      "has another header",
      () => file(["id,vote"]),
      `:1: expected the header ${HEADER}, got "id,vote"`,
    ],
  ])("says that the file %s", async (_case, path, message) => {
    const error = await readProposals(path()).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      name: "MalformedVotes",
      message: expect.stringContaining(message),
    });
  });

  test("exits with 1 and writes only that line to stderr", async () => {
    const path = file([...VOTES, `1,wim,may\u001bbe,${FIRST}`]);
    expect(await runExample(PROGRAM, [path])).toEqual({
      status: 1,
      stdout: "",
      stderr: `${path}:7: vote: expected one of yes, no, veto, abstain, got "may\\u001bbe"\n`,
    });
  });

  test.runIf(LONG)("prints its usage without a path", async () => {
    expect(await runExample(PROGRAM)).toEqual({
      status: 1,
      stdout: "",
      stderr: "usage: npm run ts -- examples/replay-votes/index.ts PATH\n",
    });
  });

  const isThere = existsSync(REAL_VOTES);
  if (LONG && !isThere)
    console.warn(`!!! SKIPPED: the replay of real votes, there is no ${REAL_VOTES}`);
  test.runIf(LONG && isThere)("replays the real votes of a DAO", async () => {
    const output = await outputOf(PROGRAM, [REAL_VOTES]);
    expect(output).toMatch(/^213 proposals, 15407 votes, 15833 entries\n/);
    for (const row of [
      "14415  yes",
      "710  abstain",
      "271  no",
      "11  veto",
      "14415  approve",
      "282  reject",
    ])
      expect(output).toContain(` ${row}\n`);
    const [, most = ""] = /proposals with the most votes\n(.*?)\n\n/s.exec(output) ?? [];
    expect(most.split("\n")).toHaveLength(10);
    expect(output.split("by entries\n")[1]).toBe(
      `  15407  ${NO_MEMBERS}\n    213  ${NO_WEIGHTS}\n`,
    );
    expect(output).toContain("182  proposal 176    passed: 163 for, 12 against\n");
  });
});
