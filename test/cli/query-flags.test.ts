import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endsIn } from "../../src/cli/input/source.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { newPath, openJournal, rowOf, temporaryFolder } from "../fixtures/journal.js";
import { journalOf, signedJournal } from "../fixtures/journals.js";
import { from } from "../fixtures/loki-flags.js";
import { sealed, send } from "../fixtures/loki-records.ts";

const EVENTS = [
  {
    actorDid: "did:pqaid:alice",
    proposalId: "urn:prop:7f3a",
    subjectId: "did:pqaid:model/v2",
    details: { level: "2" },
  },
  {
    actorDid: "did:pqaid:bob",
    proposalId: "urn:prop:7f3a",
    decision: "approve",
    details: { level: 2, safe: true },
  },
  {
    actorDid: "did:other:bob",
    proposalId: "urn:prop:c04d",
    operation: "deploy_model",
    details: { level: 2 },
  },
  { actorDid: "carol", proposalId: "p3", details: { reason: "too risky" } },
  { actorDid: "did:pqaid:carol", proposalId: "p4" },
] as const;

/** The flags that name each kind of source, which holds the same entries. */
async function sources(): Promise<Readonly<Record<string, readonly string[]>>> {
  const journal = journalOf(EVENTS);
  const file = join(temporaryFolder(), "all.ndjson");
  await quorumlog(["export", journal, "--format", "ndjson", "--out", file]);
  return { journal: [journal], export: [file] };
}

async function withLoki(work: (flags: readonly string[], loki: FakeLoki) => Promise<void>) {
  await using loki = await FakeLoki.start();
  await send(
    loki.url,
    EVENTS.map((event, sequence) => sealed(sequence, { operation: "vote_cast", ...event })),
  );
  await work(from(loki), loki);
}

async function everywhere(work: (flags: readonly string[]) => Promise<void>): Promise<void> {
  for (const flags of Object.values(await sources())) await work(flags);
  await withLoki(work);
}

/** The sequences that a query finds. */
async function found(source: readonly string[], ...flags: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await quorumlog(["query", ...source, "--json", ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return objectsOf(stdout).map(({ sequence }) => sequence);
}

test.each([
  ["did:pqaid:alice", "alice", true],
  ["did:pqaid:alice", "pqaid:alice", true],
  ["did:web:example.com/models/v2", "v2", true],
  ["did:web:example.com/models/v2", "models/v2", true],
  ["did:pqaid:malice", "alice", false],
  ["did:pqaid:alice", "ice", false],
  ["alice", "alice", false],
  ["did:pqaid:", "", false],
  ["did:pqaid:alice:", "alice", false],
])("%j ends in the whole segments %j: %j", (id, text, ends) => {
  expect(endsIn(id, text)).toBe(ends);
});

describe("an id that a table shows", () => {
  test("is found by its last part, in a journal, an export and Loki", async () => {
    await everywhere(async (source) => {
      expect(await found(source, "--actor", "alice")).toEqual([0]);
      expect(await found(source, "--actor", "pqaid:bob")).toEqual([1]);
      expect(await found(source, "--proposal", "7f3a")).toEqual([1, 0]);
      expect(await found(source, "--subject", "v2")).toEqual([0]);
      expect(await found(source, "--subject", "model/v2", "--actor", "alice")).toEqual([0]);
    });
  });

  test("is an error with the candidates where several end in it", async () => {
    await everywhere(async (source) => {
      for (const command of ["query", "tail", "export"]) {
        const more = command === "export" ? ["--format", "csv"] : [];
        const argv = [command, ...source, ...more, "--actor", "bob"];
        expect(await quorumlog(argv)).toMatchObject({
          code: 2,
          stdout: "",
          stderr: expect.stringMatching(
            /^quorumlog: --actor bob could be did:(?:other|pqaid):bob or did:(?:other|pqaid):bob: give more of it; see/,
          ),
        });
      }
    });
  });

  test("that an entry has exactly wins, and stderr names the others", async () => {
    await everywhere(async (source) => {
      const { code, stdout, stderr } = await quorumlog([
        "query",
        ...source,
        "--json",
        "--actor",
        "carol",
      ]);
      expect({ code, sequences: objectsOf(stdout).map(({ sequence }) => sequence) }).toEqual({
        code: 0,
        sequences: [3],
      });
      expect(stderr).toBe("--actor carol is taken as it is; did:pqaid:carol ends in it too\n");
    });
  });

  test("that nobody has is an empty answer with a hint, not an error", async () => {
    const path = journalOf(EVENTS);
    expect(await quorumlog(["query", path, "--actor", "alcie"])).toEqual({
      code: 0,
      stdout: "",
      stderr: expect.stringMatching(
        /^no entry has the actor alcie, or one that ends in it; did you mean did:pqaid:alice\?\nno entry meets/,
      ),
      screen: expect.any(String),
    });
    await withLoki(async (source) => {
      const { code, stderr } = await quorumlog(["query", ...source, "--actor", "alcie"]);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringMatching(/^no entry of the last 30 days has the actor alcie, or one/),
      });
    });
  });

  test("proves a proposal, from a bundle too", async () => {
    const { path } = await signedJournal(0);
    const cwd = temporaryFolder();
    const demo = join(cwd, "g.db");
    await quorumlog(["demo", demo, "--json"]);
    const made = await quorumlog(["prove", demo, "--proposal", "7f3a9c21", "--out", "b.json"], {
      cwd,
    });
    expect(made.code).toBe(0);
    const again = await quorumlog(["prove", "b.json", "--proposal", "7f3a9c21"], { cwd });
    expect(JSON.parse(again.stdout).entries).toHaveLength(10);
    const none = await quorumlog(["prove", path, "--proposal", "7f3a9c21"]);
    expect(none.code).toBe(3);
  });

  test("is resolved in Loki with a request for each candidate, however many entries have it", async () => {
    await using loki = await FakeLoki.start();
    const votes = Array.from({ length: 300 }, (_, at) => ({ actorDid: `did:x:a${at % 30}` }));
    await send(
      loki.url,
      votes.map((event, sequence) => sealed(sequence, { operation: "vote_cast", ...event })),
    );
    const source = from(loki);
    expect(await found(source, "--actor", "a7", "--limit", "1")).toHaveLength(1);
    const pattern = loki.queries.filter(({ query }) => query.includes("=~"));
    expect(pattern.every(({ limit }) => limit === 1)).toBe(true);
    expect(pattern.length).toBeLessThanOrEqual(4);
  });

  test("cannot act on a terminal from a message, and messages stay short", async () => {
    const nasty = "\u001b[2J\u202e";
    const many = Array.from({ length: 40 }, (_, at) => ({ actorDid: `did:${nasty}${at}:eve` }));
    const long = { actorDid: `did:${"x".repeat(5000)}:mallory` };
    const path = journalOf([...many, long, { actorDid: `did:y:mallory` }]);
    for (const actor of ["eve", "mallory", "evee"]) {
      const { screen } = await quorumlog(["query", path, "--actor", actor]);
      expect(screen.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(screen.length).toBeLessThan(2000);
    }
    const { stderr } = await quorumlog(["query", path, "--actor", "eve"]);
    expect(stderr.match(/:eve/g)).toHaveLength(10);
    expect(stderr).toContain(" or others: give more of it");
  });
});

describe("a flag of a column that is given twice", () => {
  test("finds any of its values, in the order of the query, from every source", async () => {
    await everywhere(async (source) => {
      expect(await found(source, "--actor", "alice", "--actor", "did:other:bob")).toEqual([2, 0]);
      const oldest = ["--order", "oldest"];
      expect(await found(source, "--proposal", "p3", "--proposal", "7f3a", ...oldest)).toEqual([
        0, 1, 3,
      ]);
      const both = ["--operation", "vote_cast", "--operation", "deploy_model"];
      expect(await found(source, ...both, "-n", "2")).toEqual([4, 3]);
      expect(await found(source, ...both, "--before", "3", "-n", "2")).toEqual([2, 1]);
    });
  });

  test("works in tail and export", async () => {
    const path = journalOf(EVENTS);
    const flags = ["--actor", "alice", "--actor", "did:pqaid:bob", "--actor", "alice"];
    const tail = await quorumlog(["tail", path, "--json", ...flags]);
    expect(objectsOf(tail.stdout).map(({ sequence }) => sequence)).toEqual([0, 1]);
    const csv = await quorumlog(["export", path, "--format", "csv", ...flags]);
    expect(csv.stdout.trimEnd().split("\r\n")).toHaveLength(3);
  });

  test("takes any number of values in several columns", async () => {
    const flags = ["--operation", "--proposal"].flatMap((flag) =>
      Array.from({ length: 25 }, (_, at) => [flag, `x${at}`]).flat(),
    );
    const all = ["--operation", "vote_cast", "--proposal", "p3", ...flags];
    const { code, stdout } = await quorumlog(["query", journalOf(EVENTS), ...all, "--json"]);
    expect(code).toBe(0);
    expect(objectsOf(stdout).map(({ proposalId }) => proposalId)).toEqual(["p3"]);
  });
});

describe("a detail", () => {
  test("is found by a number, a word or a text, in every source", async () => {
    await everywhere(async (source) => {
      expect(await found(source, "--detail", "level=2")).toEqual([2, 1]);
      expect(await found(source, "--detail", 'level="2"')).toEqual([0]);
      expect(await found(source, "--detail", "level=2", "--detail", "safe=true")).toEqual([1]);
      expect(await found(source, "--detail", "reason=too risky")).toEqual([3]);
      const none = await quorumlog(["query", ...source, "--json", "--detail", "reason="]);
      expect(none).toMatchObject({
        code: 0,
        stdout: "",
        stderr: "no entry meets the conditions\n",
      });
    });
  });

  test.each([
    [["--detail", "weight"], "weight"],
    [["--detail", "weight=[2]"], "asks for a list or an object"],
    [["--detail", "level=1", "--detail", "level=2"], "no entry has both"],
    [["--trace-id", "0af7"], "does not have 32 hexadecimal digits"],
  ])("is refused where no query can ask for it: %j", async (flags, message) => {
    const { code, stderr } = await quorumlog(["query", journalOf([]), ...flags]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test("has a trace beside it", async () => {
    const path = newPath();
    const journal = openJournal(path);
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    journal.append(rowOf(0), rowOf(1, {}, { traceId }), rowOf(2));
    journal.close();
    expect(await found([path], "--trace-id", traceId)).toEqual([1]);
    const none = await quorumlog(["query", path, "--trace-id", "f".repeat(32)]);
    expect(none).toMatchObject({ code: 0, stdout: "", stderr: "no entry meets the conditions\n" });
  });
});

describe("a misspelt operation, kind or decision", () => {
  test.each([
    ["--operation", "vote_csat", "no entry has the operation vote_csat; did you mean vote_cast?"],
    ["--operation", "deploy_modle", "did you mean deploy_model?"],
    ["--decision", "aprove", "no entry has the decision aprove; did you mean approve?"],
    ["--kind", "authorise-model", "did you mean authorize-model?"],
  ])("%s %s gets a hint where the answer is empty", async (flag, value, hint) => {
    const path = journalOf(EVENTS);
    for (const argv of [
      ["query", path],
      ["tail", path],
      ["export", path, "--format", "csv"],
    ]) {
      const { code, stderr } = await quorumlog([...argv, flag, value]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(hint) });
    }
  });

  test("beside a right one gets a hint too", async () => {
    const flags = ["--operation", "vote_cast", "--operation", "deploy_modle"];
    const { stdout, stderr } = await quorumlog(["query", journalOf(EVENTS), ...flags, "--json"]);
    expect(objectsOf(stdout)).toHaveLength(4);
    expect(stderr).toContain("did you mean deploy_model?");
  });

  test.each([
    ["--operation", "node_removed"],
    ["--operation", "own_thing"],
    ["--operation", "deploy_model", "--actor", "alice"],
  ])("is not suspected in %s %s", async (...flags) => {
    const { stderr } = await quorumlog(["query", journalOf(EVENTS), ...flags]);
    expect(stderr).toBe("no entry meets the conditions\n");
  });
});
