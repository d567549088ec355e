import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseBundle } from "../../src/integrity/evidence-bundle.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { splitNotes } from "../../src/integrity/note/signed-note.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, openJournal, rowOf, temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";
import { from } from "../fixtures/loki-flags.js";
import { LOG, sealed, send } from "../fixtures/loki-records.ts";
import { signedLoki } from "../fixtures/signed-loki.ts";

/** A journal of ten votes with two checkpoints, and in the folder an export of it with both. */
async function evidence() {
  const { path, key, vkey } = await signedJournal(6);
  const journal = openJournal(path);
  append(journal, 4, (sequence) => ({ proposalId: `p${(sequence % 2) + 1}` }));
  await journal.checkpoint({ keys: [key] });
  journal.close();
  const cwd = temporaryFolder();
  const run = (...argv: string[]) => quorumlog(argv, { cwd });
  const argv = ["--format", "ndjson", "--out", "log.ndjson", "--checkpoints", "all"];
  await run("export", path, ...argv);
  await run("prove", path, "--proposal", "p1", "--out", "p1.json");
  await run("prove", path, "--sequence", "3", "--out", "3.tlog-proof");
  return { path, vkey, cwd, run };
}

const linesIn = (file: string): string[] => readFileSync(file, "utf8").trimEnd().split("\n");

describe("the checkpoints of a source", () => {
  test("of an export are those beside it, the oldest first", async () => {
    const { path, cwd, run } = await evidence();
    const { stdout } = await run("checkpoint", "log.ndjson", "--all");
    expect(stdout).toBe((await run("checkpoint", path, "--all")).stdout);
    expect(splitNotes(stdout)).toHaveLength(2);
    const { stdout: json } = await run("checkpoint", "log.ndjson", "--all", "--json");
    expect(objectsOf(json)).toMatchObject([{ size: 6 }, { size: 10 }]);
    writeFileSync(join(cwd, "bare.ndjson"), readFileSync(join(cwd, "log.ndjson")));
    expect(await run("checkpoint", "bare.ndjson")).toMatchObject({
      code: 3,
      stdout: "",
      stderr: "quorumlog: bare.ndjson: it has no checkpoint\n",
    });
  });

  test("of Loki are those of the log, each once", async () => {
    const { loki, journal } = await signedLoki(
      generateKeys(LOG, "ed25519").privateKeyPem,
      "did:a",
      3,
    );
    await using _ = loki;
    loki.records.push(...loki.records.slice(-1)); // delivered twice
    const { stdout } = await quorumlog(["checkpoint", ...from(loki), "--all"]);
    expect(stdout).toBe((await quorumlog(["checkpoint", journal, "--all"])).stdout);
    const { stdout: newest } = await quorumlog(["checkpoint", ...from(loki)]);
    expect(newest).toBe(stdout);
  });

  test.each([
    [["log.ndjson"], "log.ndjson is an export"],
    [["--loki", "http://loki:3100", "--selector", "{}"], "http://loki:3100 is Loki"],
  ])("cannot be signed in %j", async (source, is) => {
    const { cwd, run } = await evidence();
    await run("keygen", "--name", "acme.example", "--out", cwd, "--algorithm", "ed25519");
    const sign = ["--sign", "acme.example.ed25519.pem"];
    expect(await run("checkpoint", ...source, ...sign)).toMatchObject({
      code: 2,
      stdout: "",
      stderr:
        `quorumlog: checkpoint --sign needs a journal; ${is}; ` +
        "see quorumlog checkpoint --help\n",
    });
  });
});

test.each(["rejected", "resend"])("%s says that Loki cannot answer it", async (command) => {
  const loki = ["--loki", "http://loki:3100", "--selector", "{}", "--mirror", "otlp"];
  expect(await quorumlog([command, ...loki])).toMatchObject({
    code: 2,
    stdout: "",
    stderr:
      `quorumlog: ${command} needs a journal; http://loki:3100 is Loki; ` +
      `see quorumlog ${command} --help\n`,
  });
});

test.each([
  ["rejected", "governance.db", "--selector", "{}"],
  ["resend", "governance.db", "--mirror", "otlp", "--header", "a: b"],
  ["backup", "governance.db", "copy.db", "--lookback", "2"],
  ["prune", "governance.db", "--older-than", "400d", "--max-records", "5"],
  ["import", "rows.csv", "governance.db", "--tenant", "clinic"],
])("%s refuses a flag of Loki, which would have no effect", async (command, ...argv) => {
  const flag = argv.findLast((word) => word.startsWith("--"));
  expect(await quorumlog([command, ...argv])).toMatchObject({
    code: 2,
    stdout: "",
    stderr:
      `quorumlog: ${flag} goes with --loki, and ${command} needs a journal; ` +
      `see quorumlog ${command} --help\n`,
  });
});

describe("an export", () => {
  test("is exported again with its checkpoints, and verifies", async () => {
    const { cwd, vkey, run } = await evidence();
    const argv = ["--format", "ndjson", "--out", "again.ndjson", "--checkpoints", "all"];
    expect(await run("export", "log.ndjson", ...argv)).toMatchObject({ code: 0 });
    for (const end of ["", ".checkpoint"])
      expect(readFileSync(join(cwd, `again.ndjson${end}`), "utf8")).toBe(
        readFileSync(join(cwd, `log.ndjson${end}`), "utf8"),
      );
    expect((await run("verify", "again.ndjson", "--key", vkey)).code).toBe(0);
  });

  test("says what it lacks when it is exported again", async () => {
    const { cwd, run } = await evidence();
    const file = join(cwd, "log.ndjson");
    writeFileSync(file, `${linesIn(file).toSpliced(4, 1).join("\n")}\n`);
    const { code, stderr } = await run("export", "log.ndjson", "--format", "json");
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "entry 4 is missing, so this is not the whole log\n",
    });
  });

  test("pages through more than a page of entries, both ways", async () => {
    const file = join(temporaryFolder(), "long.ndjson");
    const lines = Array.from({ length: 1100 }, (_, sequence) => rowOf(sequence).line);
    writeFileSync(file, `${lines.join("\n")}\n`);
    const sequences = async (...flags: string[]) =>
      objectsOf((await quorumlog(["query", file, "--json", "--all", ...flags])).stdout).map(
        ({ sequence }) => sequence,
      );
    const all = Array.from({ length: 1100 }, (_, sequence) => sequence);
    expect(await sequences("--order", "oldest")).toEqual(all);
    expect(await sequences()).toEqual(all.toReversed());
    expect(await sequences("--after", "600", "--before", "603")).toEqual([602, 601]);
  });
});

describe("a bundle or a proof", () => {
  test("proves again what it holds, with the same proofs", async () => {
    const { cwd, vkey, run } = await evidence();
    const { stdout } = await run("prove", "p1.json", "--proposal", "p1");
    expect(stdout).toBe(readFileSync(join(cwd, "p1.json"), "utf8"));
    const { stdout: one } = await run("prove", "p1.json", "--sequence", "4");
    writeFileSync(join(cwd, "4.tlog-proof"), one);
    expect((await run("verify", "4.tlog-proof", "--key", vkey)).code).toBe(0);
    expect((await run("prove", "3.tlog-proof", "--sequence", "3")).stdout).toBe(
      readFileSync(join(cwd, "3.tlog-proof"), "utf8"),
    );
    expect(await run("prove", "3.tlog-proof", "--sequence", "4")).toMatchObject({
      code: 3,
      stderr: "quorumlog: 3.tlog-proof: there is no entry 4\n",
    });
  });

  test("is exported as what it is: a selection, without a checkpoint beside it", async () => {
    const { run } = await evidence();
    const argv = ["export", "p1.json", "--format", "ndjson", "--out", "p1.ndjson"];
    const { code, stderr } = await run(...argv);
    expect(code).toBe(0);
    expect(stderr).toContain("no checkpoint is written with it");
    expect(stderr).toContain("these are not all lines of the log, and cannot be verified");
  });

  test("of which a line was altered ends every command that reads entries with 1", async () => {
    const { cwd, run } = await evidence();
    const file = join(cwd, "p1.json");
    writeFileSync(file, readFileSync(file, "utf8").replace("approve", "reject"));
    for (const argv of [["query"], ["stats"], ["tail"], ["export", "--format", "csv"]]) {
      const [command = "", ...flags] = argv;
      expect(await run(command, "p1.json", ...flags)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining("entry 0 does not fit its proof and the checkpoint"),
      });
    }
    expect((await run("prove", "p1.json", "--sequence", "0")).code).toBe(1);
  });
});

describe("quorumlog prove", () => {
  test("makes the same evidence from an export as from the journal", async () => {
    const { path, run } = await evidence();
    for (const what of [
      ["--sequence", "0"],
      ["--sequence", "9"],
      ["--proposal", "p2"],
    ])
      expect((await run("prove", "log.ndjson", ...what)).stdout).toBe(
        (await run("prove", path, ...what)).stdout,
      );
  });

  test("makes a bundle from Loki that verifies", async () => {
    const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
    const { loki } = await signedLoki(privateKeyPem, "did:a", 7);
    await using _ = loki;
    const cwd = temporaryFolder();
    await quorumlog(["prove", ...from(loki), "--proposal", "p1", "--out", "p1.json"], { cwd });
    const bundle = parseBundle(readFileSync(join(cwd, "p1.json"), "utf8"));
    expect(bundle.entries.map(({ sequence }) => sequence)).toEqual([1, 4]);
    expect((await quorumlog(["verify", "p1.json", "--key", vkey], { cwd })).code).toBe(0);
  });

  test("makes none from entries that are not those that were signed", async () => {
    const { cwd, run } = await evidence();
    const file = join(cwd, "log.ndjson");
    const lines = linesIn(file);
    writeFileSync(
      file,
      `${lines.with(5, lines[5]?.replace("approve", "reject") ?? "").join("\n")}\n`,
    );
    expect(await run("prove", "log.ndjson", "--sequence", "1")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("the entries are not those that the checkpoint"),
    });
    writeFileSync(file, `${lines.toSpliced(5, 1).join("\n")}\n`);
    expect(await run("prove", "log.ndjson", "--sequence", "1")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        "entry 5 is missing, and a proof needs all that the checkpoint covers: 10 entries",
      ),
    });
    expect(await run("prove", "log.ndjson", "--proposal", "p9")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('there is no entry of the proposal "p9"'),
    });
  });

  test("needs a checkpoint that covers the entry", async () => {
    const { cwd, run } = await evidence();
    const beside = join(cwd, "log.ndjson.checkpoint");
    writeFileSync(beside, splitNotes(readFileSync(beside, "utf8"))[0] ?? "");
    expect((await run("prove", "log.ndjson", "--sequence", "5")).code).toBe(0);
    expect(await run("prove", "log.ndjson", "--sequence", "6")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("the newest checkpoint covers 6 entries, but not entry 6"),
    });
  });
});

describe("an export that a command cannot read", () => {
  test.each<[string, (lines: string[]) => string, string]>([
    [
      "a line is no JSON",
      ([first]) => `${first}\n{nonsense`,
      "line 2 is not an entry as a log writes it",
    ],
    [
      "a line was written again",
      ([first = ""]) => first.replace('{"', '{ "'),
      "line 1 is not an entry",
    ],
    ["a line is empty", ([first]) => `${first}\n\n`, "line 2 is not an entry"],
    [
      "entries are out of order",
      (lines) => lines.toReversed().join("\n"),
      "line 2 does not have a higher sequence",
    ],
    [
      "an entry is there twice",
      ([first]) => `${first}\n${first}`,
      "line 2 does not have a higher sequence",
    ],
    [
      "it holds two logs",
      ([first]) => `${first}\n${rowOf(1, {}, { logId: "other" }).line}`,
      "line 2 is of another log than the lines before",
    ],
  ])("ends it with 3 and the line: %s", async (_, damaged, message) => {
    const { cwd, run } = await evidence();
    const file = join(cwd, "log.ndjson");
    writeFileSync(file, damaged(linesIn(file)));
    for (const argv of [["query"], ["stats"], ["tail"], ["export", "--format", "csv"]]) {
      const [command = "", ...flags] = argv;
      const { code, stdout, stderr } = await run(command, "log.ndjson", ...flags);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toMatch(/^quorumlog: log\.ndjson: [^\n]+\n$/);
      expect(stderr).toContain(message);
    }
  });

  test("ends it with 3: bytes that are not UTF-8", async () => {
    const { cwd, run } = await evidence();
    appendFileSync(join(cwd, "log.ndjson"), Buffer.from([0x7b, 0xff, 0x7d, 0x0a]));
    expect((await run("query", "log.ndjson")).stderr).toContain("line 11 is not an entry");
  });

  test("ends it with 3: nothing at all, which may be what is left of a journal", async () => {
    const { cwd, run } = await evidence();
    truncateSync(join(cwd, "log.ndjson"), 0);
    for (const command of ["query", "stats", "rejected", "check"])
      expect(await run(command, "log.ndjson")).toMatchObject({
        code: 3,
        stdout: "",
        stderr: expect.stringContaining("log.ndjson is empty: it holds no entry"),
      });
  });

  test("ends when a signal comes", async () => {
    const { cwd } = await evidence();
    const signal = AbortSignal.abort("SIGINT");
    expect(await quorumlog(["query", "log.ndjson"], { cwd, signal })).toMatchObject({ code: 130 });
  });
});

test("tail -f follows Loki", async () => {
  const { loki } = await signedLoki(generateKeys(LOG, "ed25519").privateKeyPem, "did:a", 2);
  await using _ = loki;
  const user = new AbortController();
  const recordedMillis = Date.now() + 60_000; // Loki orders entries by the time of recording
  const more = [2, 3, 4].map((sequence) => sealed(sequence, {}, { recordedMillis }));
  const seen: unknown[] = [];
  const { code } = await quorumlog(["tail", ...from(loki), "-f", "-n", "1", "--json"], {
    signal: user.signal,
    onOutput: (text) => {
      seen.push(...objectsOf(text).map(({ sequence }) => sequence));
      if (seen.length === 1) void send(loki.url, more);
      if (seen.at(-1) === 4) user.abort("SIGINT");
    },
  });
  expect({ code, seen }).toEqual({ code: 130, seen: [1, 2, 3, 4] });
});

describe("a report as HTML", () => {
  const page = (type: string, text: string) =>
    `<!DOCTYPE html>\n<html><body><script type="${type}" id="evidence">${text}</script></body></html>`;

  test("is verified as the bundle in it is", async () => {
    const { vkey, run } = await evidence();
    await run("report", "p1.json", "--out", "report.html");
    const { code, stdout } = await run("verify", "report.html", "--key", vkey);
    expect([code, stdout]).toEqual([0, (await run("verify", "p1.json", "--key", vkey)).stdout]);
  });

  test.each(["plain", "packed"])("is read for the evidence in it, %s", async (kind) => {
    const { cwd, run } = await evidence();
    const bundle = readFileSync(join(cwd, "p1.json"), "utf8");
    const html =
      kind === "plain"
        ? page("application/json", bundle.replaceAll("<", "\\u003c"))
        : page("application/octet-stream;base64", gzipSync(bundle).toString("base64"));
    writeFileSync(join(cwd, "report.html"), html);
    expect((await run("query", "report.html", "--json")).stdout).toBe(
      (await run("query", "p1.json", "--json")).stdout,
    );
  });

  test("fails where a byte of the evidence was changed", async () => {
    const { vkey, cwd, run } = await evidence();
    const bundle = readFileSync(join(cwd, "p1.json"), "utf8").replace("approve", "reject!");
    writeFileSync(join(cwd, "report.html"), page("application/json", bundle));
    expect(await run("verify", "report.html", "--key", vkey)).toMatchObject({ code: 1 });
  });

  test.each([
    ["<!doctype html><p>nothing</p>", "holds no evidence"],
    [page("application/octet-stream;base64", "H4sI"), "cannot be unpacked"],
    [page("application/octet-stream;base64", "not base64!"), "cannot be unpacked"],
    [page("application/json", "{"), "expected JSON"],
  ])("without evidence that can be read is refused", async (html, reason) => {
    const { vkey, cwd, run } = await evidence();
    writeFileSync(join(cwd, "report.html"), html);
    const { code, stderr } = await run("verify", "report.html", "--key", vkey);
    expect(code).toBe(3);
    expect(stderr).toContain(reason);
  });
});

test("a public key in place of evidence is refused with what to do", async () => {
  const { vkey, cwd, run } = await evidence();
  writeFileSync(join(cwd, "log.vkey"), `# from the site\n${vkey}\n`);
  const { code, stderr } = await run("verify", "log.vkey", "--key", vkey);
  expect(code).toBe(3);
  expect(stderr).toContain("the key with --key");
});
