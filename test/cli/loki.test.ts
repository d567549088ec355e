import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lokiSource } from "../../src/cli/input/loki-source.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { FakeLoki, type FakeRecord } from "../fixtures/fake-loki.ts";
import { openJournal, temporaryFolder } from "../fixtures/journal.js";
import { from } from "../fixtures/loki-flags.js";
import { LOG, logOf, SELECTOR, send } from "../fixtures/loki-records.ts";
import { signedLoki } from "../fixtures/signed-loki.ts";

const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");

const filled = (count = 20) => signedLoki(privateKeyPem, "did:\u001b[2J", count);

const verifyOf = (loki: FakeLoki, ...more: string[]) =>
  quorumlog(["verify", ...from(loki), "--key", vkey, ...more]);
const recordOf = (loki: FakeLoki, sequence: number): FakeRecord =>
  loki.records.find(({ metadata }) => metadata["governance_sequence"] === `${sequence}`) ??
  expect.fail();
const remove = (loki: FakeLoki, sequence: number): void => {
  loki.records.splice(loki.records.indexOf(recordOf(loki, sequence)), 1);
};
const alter = (loki: FakeLoki, sequence: number, to = "\u202e"): void => {
  const record = recordOf(loki, sequence);
  record.line = record.line.replace("approve", to);
};

describe("quorumlog verify --loki", () => {
  test("verifies what Loki holds, for people and for programs", async () => {
    const { loki } = await filled();
    await using _ = loki;
    expect(await verifyOf(loki)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^verified: 20 of 20 entries\n/),
      stderr: "",
    });
    const { code, stdout } = await verifyOf(loki, "--json", "--log", LOG);
    expect(code).toBe(0);
    expect(objectsOf(stdout)).toMatchObject([
      { loki: loki.url, selector: SELECTOR, verified: true, origin: LOG, entries: 20 },
    ]);
  });

  test("ends with 1 for a line that was altered, and shows none of it raw", async () => {
    const { loki } = await filled();
    await using _ = loki;
    alter(loki, 7);
    alter(loki, 9, "\u001b[2J");
    for (const more of [[], ["--json"]]) {
      const { code, stdout, screen } = await verifyOf(loki, ...more);
      expect(code).toBe(1);
      expect(stdout).toMatch(/leaf_hash_mismatch/);
      expect(stdout).toMatch(/malformed_line/);
      expect(screen).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    }
  });

  test("ends with 1 for an entry that is missing, and says how far back it looked", async () => {
    const { loki } = await filled();
    await using _ = loki;
    remove(loki, 19);
    const { code, stdout, stderr } = await verifyOf(loki, "--lookback", "7");
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("completeness  FAILED"),
    });
    expect(stderr).toContain("recorded more than 7 days ago count as missing");
  });

  test("holds checkpoints from elsewhere against it", async () => {
    const { loki, journal } = await filled();
    await using _ = loki;
    const cwd = temporaryFolder();
    const { stdout: note } = await quorumlog(["checkpoint", journal]);
    writeFileSync(join(cwd, "kept"), note);
    const kept = ["verify", ...from(loki), "--trusted", "kept", "--checkpoint", "kept"];
    expect((await quorumlog(kept, { cwd })).code).toBe(0);
    writeFileSync(join(cwd, "kept"), note.replace(/\n.{43}=/, `\n${"A".repeat(43)}=`));
    expect((await quorumlog(kept, { cwd })).code).toBe(1);
  });

  test("ends with 3 where nothing is there to verify", async () => {
    await using loki = await FakeLoki.start();
    expect(await verifyOf(loki)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("the evidence cannot tell"),
    });
    await send(loki.url, logOf(2));
    expect((await verifyOf(loki)).code).toBe(3);
  });

  test("ends with 1 where a log has another name than the one that is expected", async () => {
    const { loki } = await filled(3);
    await using _ = loki;
    for (const { metadata } of loki.records) metadata["governance_log_id"] = "other";
    expect((await verifyOf(loki, "--log", "other")).code).toBe(1);
  });
});

describe("quorumlog query --loki", () => {
  test("answers what the journal does, as a table and as JSON", async () => {
    const { loki, journal } = await filled();
    await using _ = loki;
    for (const more of [
      [],
      ["--json"],
      ["--json", "--proposal", "p1", "--order", "oldest", "-n", "3"],
      ["--json", "--all", "--before", "9"],
      ["--operation", "none"],
    ])
      expect(await quorumlog(["query", ...from(loki), ...more])).toEqual(
        await quorumlog(["query", journal, ...more]),
      );
    const { screen } = await quorumlog(["query", ...from(loki)], {
      columns: 100,
      env: { NO_COLOR: "1" },
    });
    expect(screen).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test("goes past a page, and says that there is more", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(600));
    const { stdout } = await quorumlog(["query", ...from(loki), "--json", "--all"]);
    expect(objectsOf(stdout).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 600 }, (_, index) => 599 - index),
    );
    expect((await quorumlog(["query", ...from(loki)])).stderr).toMatch(
      /^there are more than \d+ entries: go on with --before/,
    );
  });

  test("ends with 1 at an entry that was altered", async () => {
    const { loki } = await filled();
    await using _ = loki;
    alter(loki, 7);
    const { code, stderr } = await quorumlog(["query", ...from(loki)]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^quorumlog: Loki: entry 7 was altered: .+quorumlog verify --loki/,
      ),
    });
  });

  test("sends tenant and headers", async () => {
    await using loki = await FakeLoki.start();
    const more = [
      "--tenant",
      "acme",
      "--header",
      "Authorization: Bearer x:y",
      "--header",
      "X-Two:2",
    ];
    expect((await quorumlog(["query", ...from(loki), ...more])).code).toBe(0);
    expect(loki.queries[0]?.headers).toMatchObject({
      "x-scope-orgid": "acme",
      authorization: "Bearer x:y",
      "x-two": "2",
    });
  });
});

describe("quorumlog export --loki", () => {
  test.each(["json", "ndjson", "csv"])(
    "gives the bytes that the journal does, as %s",
    async (format) => {
      const { loki, journal } = await filled();
      await using _ = loki;
      for (const more of [[], ["--proposal", "p1"]]) {
        const argv = ["--format", format, ...more];
        expect(await quorumlog(["export", ...from(loki), ...argv])).toEqual(
          await quorumlog(["export", journal, ...argv]),
        );
      }
      const { stdout } = await quorumlog(["export", ...from(loki), "--format", format], {
        columns: 80,
      });
      expect(stdout.replaceAll(/\r?\n/g, "")).not.toMatch(/\p{Cc}/u);
    },
  );

  test.each(["newest", "all"])(
    "writes a file with its checkpoint, %s, which verifies",
    async (which) => {
      const { loki, journal } = await filled();
      await using _ = loki;
      const cwd = temporaryFolder();
      const argv = ["--format", "ndjson", "--out", "log.ndjson", "--checkpoints", which, "--json"];
      const { code, stdout, stderr } = await quorumlog(["export", ...from(loki), ...argv], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const file = join(cwd, "log.ndjson");
      expect(JSON.parse(stdout)).toEqual({
        file,
        entries: 20,
        checkpoint: { file: `${file}.checkpoint`, size: 20 },
      });
      expect(readFileSync(`${file}.checkpoint`, "utf8")).toContain(
        openJournal(journal, { readOnly: true }).newestCheckpoint()?.note,
      );
      expect((await quorumlog(["verify", file, "--key", vkey])).code).toBe(0);
    },
  );

  test.each([7, 19])(
    "writes no checkpoint that covers more than it has, without entry %i",
    async (missing) => {
      const { loki } = await filled();
      await using _ = loki;
      remove(loki, missing);
      const cwd = temporaryFolder();
      const argv = ["--format", "ndjson", "--out", "log.ndjson", "--force"];
      writeFileSync(join(cwd, "log.ndjson.checkpoint"), "of an earlier one");
      const { code, stderr } = await quorumlog(["export", ...from(loki), ...argv], { cwd });
      expect(code).toBe(0);
      expect(stderr).toContain(
        `the newest checkpoint covers 20 entries, but only ${missing} could be exported without a gap: it is left out`,
      );
      expect(stderr.includes(`entry ${missing} is missing`)).toBe(missing < 19);
      expect(existsSync(join(cwd, "log.ndjson.checkpoint"))).toBe(false);
    },
  );

  test("leaves no file behind at an entry that was altered, and ends with 1", async () => {
    const { loki } = await filled();
    await using _ = loki;
    alter(loki, 7);
    const cwd = temporaryFolder();
    for (const format of ["json", "ndjson"]) {
      const { code, stderr } = await quorumlog(
        ["export", ...from(loki), "--format", format, "--out", "log"],
        { cwd },
      );
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining("entry 7 was altered"),
      });
      expect(existsSync(join(cwd, "log"))).toBe(false);
    }
    alter(loki, 3, '"');
    expect(await quorumlog(["export", ...from(loki), "--format", "csv"])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^quorumlog: Loki: entry 3 was altered: /),
    });
  });
});

describe("a Loki that answers full pages for ever", () => {
  // Each page is within the limit; all of them together are not.
  const LIMIT = ["--max-records", "1050"];

  test.each([
    ["query", "--all"],
    ["check"],
    ["export", "--format", "ndjson"],
    ["verify", "--key", vkey],
    ["stats"],
  ])("ends with 3 and says what to do: %s", async (name, ...more) => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(1100));
    const { code, stderr } = await quorumlog([name, ...from(loki), ...more, ...LIMIT]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /more than 1050 records; lower --lookback, or raise --max-records/,
      ),
    });
  });

  test("is not one whose newest entry tail -f asks for again and again", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(5));
    const flags = { url: loki.url, selector: SELECTOR, maxRecords: "3" };
    const { signal } = new AbortController();
    const none = { logId: undefined, tenant: undefined, header: [], lookback: undefined };
    await lokiSource({ ...none, ...flags }, { signal }).open(async (source) => {
      for (let looks = 0; looks < 5; looks++) expect(await source.end()).toBe(5);
    });
  });
});
