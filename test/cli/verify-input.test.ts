import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";
import { newKey } from "../fixtures/signed-notes.js";

const VKEY = newKey("acme.example").verifierKey.vkey;

describe("what quorumlog verify cannot read", () => {
  test.each([
    ["garbage", "\u0000\u0001garbage\n\n\n", "nothing in the source can be read"],
    [
      "an export as JSON",
      '[\n  {\n    "timestamp": "2026"',
      "an export as JSON or CSV does not hold the lines",
    ],
    [
      "an export as CSV",
      "sequence,timestamp,operation,proposal_id\r\n",
      "an export as JSON or CSV does not hold",
    ],
    [
      "a bundle without its end",
      '{"format":"quorumlog/evidence-bundle","version":1,',
      "expected JSON",
    ],
    ["a proof without its end", "c2sp.org/tlog-proof@v1\nindex 3\n", "tlog-proof: expected"],
    ["half a journal", `SQLite format 3\u0000${"\u0000".repeat(200)}`, "journal: "],
    [
      "a checkpoint",
      `acme.example\n3\n${"A".repeat(43)}=\n\n— acme.example AAAAAA==\n`,
      "it is a checkpoint",
    ],
  ])("ends with 3 and a reason: %s", async (_, text, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "file"), text);
    const { code, stdout, stderr } = await quorumlog(["verify", "file", "--key", VKEY], { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^quorumlog: file: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  test("ends with 3 for a folder, another program's database, and what is not there", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "folder"));
    const database = new DatabaseSync(join(cwd, "other.db"));
    database.exec("CREATE TABLE t (x)");
    database.close();
    for (const path of ["folder", "other.db", "missing"])
      expect(await quorumlog(["verify", path, "--key", VKEY], { cwd })).toMatchObject({
        code: 3,
        stdout: "",
      });
  });

  test("is not a line whose first bit was turned, so that it begins as JSON would: that ends with 1", async () => {
    const cwd = temporaryFolder();
    const { path, vkey } = await signedJournal(3);
    const out = join(cwd, "x.ndjson");
    await quorumlog(["export", path, "--format", "ndjson", "--out", out], { cwd });
    const bytes = readFileSync(out);
    bytes[0] = "[".charCodeAt(0); // "{" with one bit turned
    writeFileSync(out, bytes);
    expect(await quorumlog(["verify", out, "--key", vkey])).toMatchObject({ code: 1, stderr: "" });
  });

  test("never takes an empty file for a log that is whole", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "empty"), "");
    const { code, stdout } = await quorumlog(["verify", "empty", "--key", VKEY], { cwd });
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^unknown: it is empty, so/)]);
  });
});

describe("the keys of quorumlog verify", () => {
  test("stand in an argument or a file, with comments and periods", async () => {
    const { path, vkey } = await signedJournal(2); // signed at 12:30, and its entries are of 12:00
    const cwd = temporaryFolder();
    const verify = async (...values: string[]): Promise<number> =>
      (await quorumlog(["verify", path, ...values.flatMap((value) => ["--key", value])], { cwd }))
        .code;
    writeFileSync(join(cwd, "keys.txt"), `# of acme\n\n${VKEY}\r\n  ${vkey}\n`);
    expect(await verify("keys.txt")).toBe(0);
    expect(await verify(VKEY, vkey)).toBe(0);
    expect(await verify(`${vkey} from=2026-01-01 to=2026-12-31`)).toBe(0);
    expect(await verify(`${vkey} to=2026-01-01`)).toBe(1);
    writeFileSync(join(cwd, "keys.txt"), `${vkey}   to=2026-01-01\n`);
    expect(await verify("keys.txt")).toBe(1);
  });

  test("must be there, for something must be trusted", async () => {
    const { code, stderr } = await quorumlog(["verify", "a.db"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "quorumlog: nothing to verify with: ask the operator of the log for its public key (the .vkey file of quorumlog keygen), and " +
        "give it with --key; or give a checkpoint that you kept, with --trusted; see quorumlog verify --help\n",
    );
  });

  test.each([
    [
      "missing.vkey",
      2,
      '--key "missing.vkey" is neither a verifier key (<name>+<id>+<base64>) nor a file',
    ],
    [
      VKEY.replace("acme", "acne"),
      3,
      "--key: verifier key: its key id does not match its name and public key",
    ],
    [VKEY.slice(0, -9), 3, "--key: verifier key: "],
    [
      `${VKEY} until=2026`,
      2,
      '--key: after a key expected from=TIME, to=TIME or witness, not "until=2026"',
    ],
    [`${VKEY} to=noon`, 2, '"noon" is not a time'],
    ["empty", 3, "empty holds no verifier key"],
    ["bad", 3, "bad, line 2: verifier key: expected <name>+<key id in hex>+<base64>"],
    ["private", 3, "private is a private key; the public key is in the .vkey file"],
    ["folder", 3, "EISDIR"],
  ])("are refused, each by its mistake: %s", async (value, expected, message) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "folder"));
    writeFileSync(join(cwd, "empty"), "# none yet\n");
    writeFileSync(join(cwd, "bad"), `${VKEY}\nmy key\u001b\n`);
    await quorumlog(["keygen", "--name", "a", "--out", ".", "--algorithm", "ed25519"], { cwd });
    writeFileSync(join(cwd, "private"), readFileSync(join(cwd, "a.ed25519.pem")));
    const { code, stderr } = await quorumlog(["verify", "a.db", "--key", value], { cwd });
    expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(message) });
    expect(stderr).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test("of proofs alone go with a line", async () => {
    const { path, vkey } = await signedJournal(1);
    const { code, stderr } = await quorumlog(["verify", path, "--key", vkey, "--line", path]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("--line goes with a tlog-proof"),
    });
  });
});
