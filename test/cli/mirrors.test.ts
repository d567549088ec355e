import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { newPath, openJournal } from "../fixtures/journal.js";
import {
  journalOf,
  journalWithRejectedCheckpoint,
  journalWithRejections,
  signedJournal,
} from "../fixtures/journals.js";

describe("quorumlog stats", () => {
  test("says what the journal holds and what became of it in each mirror", async () => {
    const path = journalWithRejections();
    const { stdout } = await quorumlog(["stats", path]);
    expect(stdout).toMatch(
      new RegExp(
        [
          `^journal     ${path}`,
          "log         acme\\.example",
          "entries     4",
          "oldest      2026-04-14T12:00:00\\.000Z",
          "newest      2026-04-14T12:00:03\\.000Z",
          "size        \\d+\\.\\d KiB",
          "checkpoint  none, so nothing proves what the entries are",
          "",
          "mirror  delivered  pending  rejected",
          "otlp            1        1         2\n$",
        ].join("\n"),
      ),
    );
  });

  test("gives the same as one JSON object", async () => {
    const path = journalWithRejections();
    const { stdout } = await quorumlog(["stats", path, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      journal: path,
      logId: "acme.example",
      entries: 4,
      pruned: 0,
      prunings: 0,
      holds: 0,
      mirrors: { otlp: { delivered: 1, pending: 1, rejected: 2 } },
      unproven: ["mirrors"],
    });
  });

  test("has no times and no mirrors for an empty journal", async () => {
    const { stdout } = await quorumlog(["stats", journalOf([])]);
    expect(stdout).toContain("entries     0\noldest\nnewest\nsize        ");
    expect(stdout).toContain("checkpoint  none\n");
    expect(stdout).not.toContain("mirror");
  });

  test("says how far the newest checkpoint reaches", async () => {
    const { path } = await signedJournal(4, 2);
    expect((await quorumlog(["stats", path])).stdout).toContain(
      "\ncheckpoint  covers 4 entries, signed 2026-04-14T12:30:00.000Z; 2 newer entries are not covered\n",
    );
    const { stdout } = await quorumlog(["stats", path, "--json"]);
    expect(JSON.parse(stdout).checkpoint).toEqual({
      size: 4,
      rootHash: openJournal(path).newestCheckpoint()?.rootHash,
      time: "2026-04-14T12:30:00.000Z",
      behind: 2,
    });
  });
});

describe("quorumlog rejected", () => {
  test("lists what was refused, with the reason made visible", async () => {
    const path = journalWithRejections();
    const { stdout } = await quorumlog(["rejected", path]);
    expect(stdout.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<at>")).toBe(
      [
        "mirror  record   at                        reason",
        "otlp    entry 0  <at>  400 Bad Request",
        "otlp    entry 2  <at>  413 too\\u001b[31m large",
        "",
      ].join("\n"),
    );
    const { stdout: json } = await quorumlog(["rejected", path, "--json", "--mirror", "otlp"]);
    const unproven = ["mirror", "sequence", "reason", "at"];
    expect(objectsOf(json)).toEqual(
      openJournal(path, { readOnly: true })
        .rejected()
        .map((record) => ({ ...record, unproven })),
    );
  });

  test("says so when there is nothing, and which mirrors there are", async () => {
    expect((await quorumlog(["rejected", journalOf([])])).stderr).toBe("nothing was rejected\n");
    const { code, stderr } = await quorumlog([
      "rejected",
      journalWithRejections(),
      "--mirror",
      "loki",
    ]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'quorumlog: the journal knows no mirror "loki"; it has otlp; see quorumlog rejected --help\n',
    );
  });
});

describe("a checkpoint that a backend refused", () => {
  test("is listed by its size, and sent again with all", async () => {
    const path = await journalWithRejectedCheckpoint();
    const { stdout } = await quorumlog(["rejected", path]);
    expect(stdout).toMatch(
      /\notlp {4}entry 0 {16}\S+ {2}400.*\notlp {4}checkpoint of 1 entry {2}\S+ {2}400.*\n$/,
    );
    const { stdout: json } = await quorumlog(["rejected", path, "--json"]);
    expect(objectsOf(json)[1]).toMatchObject({ mirror: "otlp", checkpointSize: 1 });
    const some = await quorumlog(["resend", path, "--mirror", "otlp", "--sequence", "0"]);
    expect(some.stdout).toBe("pending again for otlp: 1\n");
    expect((await quorumlog(["resend", path, "--mirror", "otlp"])).stdout).toBe(
      "pending again for otlp: 1\n",
    );
  });
});

describe("quorumlog resend", () => {
  test("makes rejected records pending again", async () => {
    const path = journalWithRejections();
    const some = await quorumlog([
      "resend",
      path,
      "--mirror",
      "otlp",
      "--sequence",
      "2",
      "--sequence",
      "3",
    ]);
    expect(some).toMatchObject({
      code: 0,
      stdout: "pending again for otlp: 1\n",
      stderr: "the others were not rejected, or were pruned\n",
    });
    const rest = await quorumlog(["resend", path, "--mirror", "otlp", "--json"]);
    expect(JSON.parse(rest.stdout)).toEqual({ mirror: "otlp", pendingAgain: 1 });
    expect(openJournal(path, { readOnly: true }).stats().mirrors).toEqual({
      otlp: { delivered: 1, pending: 3, rejected: 0 },
    });
  });

  test("names who holds the journal, and what to do", async () => {
    const path = journalWithRejections();
    openJournal(path);
    const { code, stderr } = await quorumlog(["resend", path, "--mirror", "otlp"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      new RegExp(
        `^quorumlog: journal: process ${process.pid} on \\S+, since \\S+, has ${path} open for writing, and resend must ` +
          "write to it\\. Stop that app, resend, and start it again; or call journal\\.resend in it\n$",
      ),
    );
  });

  test("makes no journal where there is none", async () => {
    const path = newPath();
    expect((await quorumlog(["resend", path, "--mirror", "otlp"])).code).toBe(3);
    expect(existsSync(path)).toBe(false);
  });
});
