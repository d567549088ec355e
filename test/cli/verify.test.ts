import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { displayWidth } from "../../src/cli/output/terminal.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, openJournal, START, tamper, temporaryFolder } from "../fixtures/journal.js";
import { A_YEAR_LATER, journalOf, oldJournal, signedJournal } from "../fixtures/journals.js";
import { sectionOf } from "../fixtures/report-page.js";
import { newKey } from "../fixtures/signed-notes.js";

/** An export with its checkpoint, in a folder of its own. */
async function exported(covered: number, behind = 0) {
  const signed = await signedJournal(covered, behind);
  const cwd = temporaryFolder();
  const file = join(cwd, "log.ndjson");
  await quorumlog(["export", signed.path, "--format", "ndjson", "--out", file]);
  return { ...signed, cwd, file };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("quorumlog verify", () => {
  test("reports to people: verdicts, counts, the newest checkpoint, and what cannot be known", async () => {
    const { path, key, vkey } = await signedJournal(4, 2);
    const argv = ["verify", path, "--key", vkey];
    const { code, stdout, stderr } = await quorumlog([...argv, "--covered-only"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const root = openJournal(path).newestCheckpoint()?.rootHash;
    const id = key.verifierKey.id.toString(16).padStart(8, "0");
    expect(stdout.slice(0, stdout.indexOf("What cannot"))).toBe(
      [
        "verified: 4 of 6 entries",
        "",
        "integrity     verified  is everything as the log signed it?",
        "completeness  verified  is everything there?",
        "authenticity  verified  did the log sign it?",
        "",
        "log           acme.example",
        "entries       6, 4 of them covered by a checkpoint",
        "checkpoint    covers 4 entries",
        `root          ${root}`,
        `key           acme.example+${id}: 1 valid`,
        "",
        "",
      ].join("\n"),
    );
    expect(stdout).toMatch(/\nWhat cannot be known:\n- 2 entries .+\n- .+\n$/);
    const whole = await quorumlog(argv);
    expect(whole).toMatchObject({ code: 3, stderr: expect.stringContaining("cannot tell") });
    expect(whole.stdout).toContain("but only 4 of 6 entries are verified\n");
    expect(whole.stdout).toContain("completeness  unknown ");
  });

  test("takes pruned entries for whole only as far as the auditor accepts it", async () => {
    const { path, vkey } = await signedJournal(5);
    tamper(
      path,
      `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry;
       DELETE FROM entry;`,
    );
    const verify = (...more: string[]) => quorumlog(["verify", path, "--key", vkey, ...more]);
    for (const more of [[], ["--accept-pruned", "4"]]) {
      const { code, stdout } = await verify(...more);
      expect(code).not.toBe(0);
      expect(stdout).not.toMatch(/^verified/);
    }
    expect((await verify("--accept-pruned", "many")).code).toBe(2);
  });

  test("says in the headline how many entries were pruned, and so does a report", async () => {
    const path = oldJournal();
    const now = () => new Date(A_YEAR_LATER);
    const since = new Date(START + 2000).toISOString();
    expect((await quorumlog(["prune", path, "--older-than", since], { now })).code).toBe(0);
    const journal = openJournal(path);
    const signing = newKey(journal.logId);
    await journal.checkpoint({ keys: [signing], now: () => A_YEAR_LATER + 1000 });
    journal.close();
    const { vkey } = signing.verifierKey;
    const flags = ["--key", vkey, "--accept-pruned", "2"];
    const { stdout } = await quorumlog(["verify", path, ...flags]);
    expect(stdout.split("\n")[0]).toBe("verified: 4 of 4 entries; 2 more were pruned");
    const page = (await quorumlog(["report", path, "--out", "-", ...flags])).stdout;
    expect(sectionOf(page, "population")).toContain("2 more of the log are not in the source");
    expect(sectionOf(page, "verification")).toContain("this page holds 4 of 6 entries");
    const file = join(temporaryFolder(), "report.html");
    writeFileSync(file, page);
    const ofPage = await quorumlog(["verify", file, "--key", vkey]);
    expect([ofPage.code, ofPage.stdout.split("\n")[0]]).toEqual([
      0,
      "verified: 4 of 4 entries; 2 more of the log are not here: pruned, or left out",
    ]);
  });

  test("reports to programs what verify() does", async () => {
    const { path, vkey } = await signedJournal(3);
    const { code, stdout } = await quorumlog(["verify", path, "--key", vkey, "--json"]);
    expect(code).toBe(0);
    expect(objectsOf(stdout)).toMatchObject([
      {
        path,
        verified: true,
        integrity: "verified",
        origin: "acme.example",
        entries: 3,
        problems: [],
      },
    ]);
  });

  test.each([
    [
      "UPDATE entry SET line = CAST(replace(line, 'approve', 'reject') AS BLOB) WHERE sequence = 1",
      /entry 1 \(line 2\), leaf_/,
    ],
    ["DELETE FROM entry WHERE sequence = 1", /entry 1, missing_entries: /],
    ["DELETE FROM entry WHERE sequence = 3", /entry 3, truncated: |entries 3 to 3, truncated: /],
  ])("finds what was done to a journal behind its back: %s", async (sql, problem) => {
    const { path, vkey } = await signedJournal(4);
    tamper(path, sql);
    const { code, stdout } = await quorumlog(["verify", path, "--key", vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED: \d+ problems?\n/);
    expect(stdout).toMatch(problem);
  });

  test("finds what was done to an export", async () => {
    const { cwd, file, vkey } = await exported(5);
    const lines = readFileSync(file, "utf8");
    const verify = () => quorumlog(["verify", "log.ndjson", "--key", vkey], { cwd });
    expect((await verify()).code).toBe(0);
    writeFileSync(file, lines.replace("approve", "abstain"));
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("integrity     FAILED"),
    });
    writeFileSync(file, lines.replace(/.*\n$/, ""));
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("completeness  FAILED"),
    });
    writeFileSync(file, "");
    expect((await verify()).code).toBe(1);
  });

  test("rests on a key of the log alone", async () => {
    const { file, vkey } = await exported(2);
    const [wrong, witness] = ["acme.example", "witness.example"].map(
      (name) => newKey(name).verifierKey.vkey,
    );
    expect(await quorumlog(["verify", file, "--key", wrong ?? ""])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("authenticity  FAILED"),
    });
    expect((await quorumlog(["verify", file, "--key", witness ?? "", "--key", vkey])).code).toBe(0);
  });

  test("rests on a checkpoint that the auditor kept", async () => {
    const { path, key } = await signedJournal(3);
    const cwd = temporaryFolder();
    const { stdout: note } = await quorumlog(["checkpoint", path]);
    writeFileSync(join(cwd, "kept"), note);
    const journal = openJournal(path);
    append(journal, 2);
    await journal.checkpoint({ keys: [key] });
    const kept = ["verify", path, "--trusted", "kept"];
    expect((await quorumlog(kept, { cwd })).code).toBe(3);
    expect((await quorumlog([...kept, "--covered-only"], { cwd })).code).toBe(0);
    writeFileSync(join(cwd, "kept"), note.replace(/\n.{43}=/, `\n${"A".repeat(43)}=`));
    expect((await quorumlog(["verify", path, "--trusted", "kept"], { cwd })).code).toBe(1);
    writeFileSync(join(cwd, "kept"), "nonsense\n");
    expect(await quorumlog(["verify", path, "--trusted", "kept"], { cwd })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("kept: "),
    });
    expect((await quorumlog(["verify", path, "--trusted", "missing"], { cwd })).code).toBe(2);
  });

  test("rests on every checkpoint that the auditor kept, in whatever order", async () => {
    const { path } = await signedJournal(3);
    const cwd = temporaryFolder();
    const { stdout: note } = await quorumlog(["checkpoint", path]);
    writeFileSync(join(cwd, "good.cp"), note);
    writeFileSync(join(cwd, "bad.cp"), note.replace(/\n.{43}=/, `\n${"A".repeat(43)}=`));
    writeFileSync(join(cwd, "other.cp"), note.replace("acme.example", "other.example"));
    const verify = (...files: string[]) =>
      quorumlog(["verify", path, ...files.flatMap((file) => ["--trusted", file])], { cwd });
    expect((await verify("good.cp", "good.cp")).code).toBe(0);
    for (const files of [
      ["bad.cp", "good.cp"],
      ["good.cp", "bad.cp"],
      ["other.cp", "good.cp"],
      ["good.cp", "other.cp"],
    ]) {
      const { code, stdout } = await verify(...files);
      expect({ code, stdout }, files.join()).toEqual({
        code: 1,
        stdout: expect.stringMatching(/^FAILED: /),
      });
    }
    expect(await verify("missing", "good.cp")).toMatchObject({ code: 2, stdout: "" });
  });

  test("rests on every key, and refuses a second file for --line", async () => {
    const { file, vkey } = await exported(2);
    const [first, second] = [newKey(), newKey()].map(({ verifierKey }) => verifierKey.vkey);
    const verify = (...keys: string[]) =>
      quorumlog(["verify", file, ...keys.flatMap((key) => ["--key", key])]);
    expect((await verify(first ?? "", vkey, second ?? "")).code).toBe(0);
    expect((await verify(first ?? "", second ?? "")).code).toBe(1);
    expect((await verify(vkey, "no key")).code).toBe(2);
    const twice = ["verify", file, "--key", vkey, "--line", "a", "--line", "b"];
    expect(await quorumlog(twice)).toMatchObject({
      code: 2,
      stderr: "quorumlog: --line was given twice; see quorumlog verify --help\n",
    });
  });

  test("takes more checkpoints, beside those that are there", async () => {
    const { cwd, file, path, key, vkey } = await exported(3);
    const { note } = await openJournal(journalOf([{}, {}, {}, {}])).checkpoint({ keys: [key] });
    writeFileSync(join(cwd, "more"), note);
    const { code, stdout } = await quorumlog(
      ["verify", file, "--key", vkey, "--checkpoint", "more"],
      {
        cwd,
      },
    );
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("completeness  FAILED"),
    });
    expect(
      (await quorumlog(["verify", path, "--key", vkey, "--checkpoint", "more"], { cwd })).code,
    ).toBe(1);
    expect(
      (await quorumlog(["verify", path, "--key", vkey, "--checkpoint", "none"], { cwd })).code,
    ).toBe(2);
  });

  test("is neither 0 nor 1 where the evidence cannot tell", async () => {
    const path = journalOf([{}, {}]);
    const vkey = newKey("acme.example").verifierKey.vkey;
    const { code, stdout, stderr } = await quorumlog(["verify", path, "--key", vkey]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^unknown: nothing was found wrong, but nothing verifies it either\n/);
    expect(stderr).toBe(`quorumlog: ${path} could not be verified: the evidence cannot tell\n`);
  });

  test("verifies several one after the other, and ends as the worst of them", async () => {
    const { cwd, file, path, vkey } = await exported(2);
    writeFileSync(join(cwd, "bad.ndjson"), readFileSync(file, "utf8").replace("approve", "reject"));
    writeFileSync(join(cwd, "bad.ndjson.checkpoint"), readFileSync(`${file}.checkpoint`));
    const verify = (...paths: string[]) => quorumlog(["verify", ...paths, "--key", vkey], { cwd });
    const { code, stdout } = await verify(path, "log.ndjson");
    expect(code).toBe(0);
    expect(stdout.match(/^(?:\/.+|log\.ndjson)\nverified: 2 of 2 entries/gm)).toHaveLength(2);
    expect(await verify("missing", "log.ndjson")).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("verified: "),
      stderr: expect.stringMatching(/^quorumlog: missing: there is no .+missing to read/),
    });
    expect((await verify("missing", "bad.ndjson", "log.ndjson")).code).toBe(1);
  });

  test("fits a terminal, with colours for what is wrong", async () => {
    const { path, vkey } = await signedJournal(4, 1);
    tamper(path, "DELETE FROM entry WHERE sequence = 1");
    const { stdout } = await quorumlog(["verify", path, "--key", vkey], { columns: 80 });
    for (const line of stdout.split("\n"))
      expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(80);
    expect(stdout).toContain("completeness  \u001b[31mFAILED  \u001b[39m  is everything there?\n");
  });

  test("shows nothing of the evidence that a terminal would act on", async () => {
    const { cwd, file, vkey } = await exported(2);
    writeFileSync(file, `${readFileSync(file, "utf8")}\u001b[2J\u202e\u0007 "log":"\u001b"\n`);
    for (const more of [[], ["--json"]]) {
      const { code, screen } = await quorumlog(["verify", "log.ndjson", "--key", vkey, ...more], {
        cwd,
      });
      expect(code).toBe(1);
      expect(screen).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    }
  });

  test("shows how far it is, and ends at a signal", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "long.ndjson"), "{}\n".repeat(20_000));
    const argv = ["verify", "long.ndjson", "--key", newKey().verifierKey.vkey];
    let now = 0;
    const around = { cwd, columns: 80, now: () => new Date(200 * now++) };
    const { stderr } = await quorumlog(argv, around);
    expect(stripVTControlCharacters(stderr)).toMatch(/^(?:\r\d+ entries){2,}\r/);
    const signal = AbortSignal.abort("SIGINT");
    expect(await quorumlog(argv, { ...around, signal })).toMatchObject({ code: 130, stdout: "" });
  });
});
