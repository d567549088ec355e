import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCheckpoint } from "../../src/integrity/checkpoint.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { LokiAuditReader } from "../../src/loki/index.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";
import { from } from "../fixtures/loki-flags.js";
import { LOG, SELECTOR } from "../fixtures/loki-records.ts";
import { signedLoki } from "../fixtures/signed-loki.ts";

const LOG_ID = "acme.example";

/** Ten votes on two proposals under a checkpoint, in each form that a command can read. */
interface Files {
  readonly vkey: string;
  readonly journal: string;
  readonly export: string;
  readonly bundle: string;
  readonly proof: string;
}
let files: Files;
const folder = mkdtempSync(join(tmpdir(), "quorumlog-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const { path, vkey } = await signedJournal(10);
  const made = {
    journal: "governance.db",
    export: "all.ndjson",
    bundle: "p1.json",
    proof: "one.tlog-proof",
  };
  const at = (name: keyof typeof made): string => join(folder, made[name]);
  const journal = at("journal");
  files = { vkey, journal, export: at("export"), bundle: at("bundle"), proof: at("proof") };
  copyFileSync(path, journal); // what a fixture makes is gone after the first test
  for (const argv of [
    ["export", journal, "--format", "ndjson", "--out", files.export],
    ["prove", journal, "--proposal", "p1", "--out", files.bundle],
    ["prove", journal, "--sequence", "3", "--out", files.proof],
  ])
    expect(await quorumlog(argv)).toMatchObject({ code: 0 });
});

/** The sequences that each source holds, newest first. */
const HELD = {
  journal: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  export: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  bundle: [8, 6, 4, 2, 0],
  proof: [3],
} as const;
const KINDS = Object.keys(HELD) as (keyof typeof HELD)[];

describe.each(KINDS)("a source that is a file: %s", (kind) => {
  const sequences = HELD[kind];
  const ask = (command: string, ...more: string[]) => quorumlog([command, files[kind], ...more]);
  const sequencesIn = (ndjson: string): unknown[] =>
    objectsOf(ndjson).map(({ sequence }) => sequence);

  test("query answers, by a column and a limit too", async () => {
    expect(sequencesIn((await ask("query", "--json")).stdout)).toEqual(sequences);
    const some = await ask("query", "--json", "--proposal", "p1", "--limit", "2");
    const even = sequences.filter((sequence) => sequence % 2 === 0);
    expect(sequencesIn(some.stdout)).toEqual(even.slice(0, 2));
  });

  test("tail shows the newest entries, the oldest of them first", async () => {
    const { stdout } = await ask("tail", "-n", "2", "--json");
    expect(sequencesIn(stdout)).toEqual(sequences.slice(0, 2).reverse());
  });

  test("stats names the log, and counts the entries and the checkpoint", async () => {
    const { code, stdout } = await ask("stats", "--json");
    expect(code).toBe(0);
    expect(objectsOf(stdout)).toMatchObject([{ logId: LOG_ID, entries: sequences.length }]);
    expect((await ask("stats")).stdout).toMatch(/^checkpoint +covers 10 entries/m);
  });

  test("export writes the entries in each format", async () => {
    const ndjson = await ask("export", "--format", "ndjson");
    expect(objectsOf(ndjson.stdout).map(({ seq }) => seq)).toEqual(sequences.toReversed());
    expect((await ask("export", "--format", "csv")).stdout.trimEnd().split("\r\n")).toHaveLength(
      sequences.length + 1,
    );
    expect(JSON.parse((await ask("export", "--format", "json")).stdout)).toHaveLength(
      sequences.length,
    );
  });

  test("checkpoint prints the newest checkpoint", async () => {
    const { code, stdout } = await ask("checkpoint");
    expect(code).toBe(0);
    expect(parseCheckpoint(stdout)).toMatchObject({ origin: LOG_ID, size: 10 });
  });

  test("verify judges it, and --log pins the log that it must be of", async () => {
    const key = ["--key", files.vkey];
    expect(await ask("verify", ...key)).toMatchObject({ code: 0 });
    expect(await ask("verify", ...key, "--log", LOG_ID)).toMatchObject({ code: 0 });
    expect((await ask("verify", ...key, "--log", "other.example")).code).not.toBe(0);
  });

  test.each(["query", "tail", "stats", "export --format json", "prove --sequence 3"])(
    "%s refuses entries of another log than --log says",
    async (line) => {
      const [command = "", ...flags] = line.split(" ");
      const refused = await ask(command, ...flags, "--log", "other.example");
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(`is of the log "${LOG_ID}"`);
      const code = command === "prove" && kind === "bundle" ? 3 : 0; // it does not hold entry 3
      expect(await ask(command, ...flags, "--log", LOG_ID)).toMatchObject({ code });
    },
  );

  test.runIf(kind !== "journal").each(["rejected", "resend"])(
    "%s needs a journal, and says so in one sentence",
    async (command) => {
      const more = command === "resend" ? ["--mirror", "otlp"] : [];
      const { code, stdout, stderr } = await ask(command, ...more);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/needs a journal; .+ is an? (?:export|evidence bundle|tlog-proof)/);
    },
  );

  test.runIf(kind !== "journal")("tail -f is refused, since a file does not grow", async () => {
    const { code, stderr } = await ask("tail", "-f");
    expect(code).toBe(2);
    expect(stderr).toContain("tail -f needs a journal or Loki");
  });
});

describe.each(["query", "tail", "stats", "export --format json", "prove --sequence 0"])(
  "%s says what is wrong with a path, and answers nothing",
  (line) => {
    const [command = "", ...flags] = line.split(" ");
    const ask = (path: string) => quorumlog([command, path, ...flags]);

    test.each([
      ["nothing is there", () => join(folder, "missing"), /there is no .+missing to read/],
      ["a folder", () => folder, /is a folder, not a file/],
      ["a pipe, on which it would wait for ever", () => pipe(), /pipe is not a file/],
      [
        "an empty file, which a damaged journal can be",
        () => emptyFile(),
        /empty is empty: it holds no entry, and may be what is left of a journal/,
      ],
    ])("%s", async (_, path, message) => {
      expect(await ask(path())).toMatchObject({
        code: 3,
        stdout: "",
        stderr: expect.stringMatching(message),
      });
    });
  },
);

function pipe(): string {
  const path = join(folder, "pipe");
  if (!existsSync(path)) execFileSync("mkfifo", [path]);
  return path;
}

function emptyFile(): string {
  const path = join(folder, "empty");
  writeFileSync(path, "");
  return path;
}

test("an export proves an entry as the journal does", async () => {
  const proofOf = async (path: string): Promise<string> =>
    (await quorumlog(["prove", path, "--sequence", "3"])).stdout;
  expect(await proofOf(files.export)).toBe(readFileSync(files.proof, "utf8"));
  expect(await proofOf(files.journal)).toBe(readFileSync(files.proof, "utf8"));
});

test("Loki answers the same commands as a file", async () => {
  const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
  const { loki } = await signedLoki(privateKeyPem, "did:pqaid:bob", 6);
  await using _ = loki;
  const ask = (command: string, ...more: string[]) => quorumlog([command, ...from(loki), ...more]);
  const reader = new LokiAuditReader({ url: loki.url, selector: SELECTOR });
  expect(objectsOf((await ask("query", "--json")).stdout)).toEqual(await reader.entries());
  expect(objectsOf((await ask("tail", "-n", "1", "--json")).stdout)).toMatchObject([
    { sequence: 5 },
  ]);
  expect(objectsOf((await ask("stats", "--json")).stdout)).toMatchObject([
    { logId: LOG, entries: 6 },
  ]);
  expect((await ask("export", "--format", "ndjson")).stdout.trimEnd().split("\n")).toHaveLength(6);
  expect(await ask("verify", "--key", vkey)).toMatchObject({ code: 0 });
  const bundle = join(temporaryFolder(), "p.json");
  const proof = await ask("prove", "--sequence", "2");
  expect(proof.stdout).toMatch(/^c2sp\.org\/tlog-proof/);
  writeFileSync(bundle, proof.stdout);
  expect(await quorumlog(["verify", bundle, "--key", vkey])).toMatchObject({ code: 0 });
});
