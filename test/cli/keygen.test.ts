import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nameInKeyFile } from "../../src/integrity/keys/key-generation.js";
import { signingKeyOf } from "../../src/integrity/keys/signing-key.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { HAS_ML_DSA } from "../fixtures/signed-notes.js";

const NAME = "acme.example/governance";
const BASE = "acme.example-governance";
const ALGORITHMS = HAS_ML_DSA ? ["ed25519", "ml-dsa-44"] : ["ed25519"];

describe("quorumlog keygen", () => {
  test("writes secret keys for their owner alone, and public ones", async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await quorumlog(["keygen", "--name", NAME, "--out", "keys"], {
      cwd,
    });
    expect(code).toBe(0);
    const folder = join(cwd, "keys");
    const vkeys = ALGORITHMS.map((algorithm) => {
      const [secret, open] = ["pem", "vkey"].map((end) =>
        join(folder, `${BASE}.${algorithm}.${end}`),
      );
      expect(statSync(secret ?? "").mode & 0o777).toBe(0o600);
      const pem = readFileSync(secret ?? "", "utf8");
      expect(nameInKeyFile(pem)).toBe(NAME);
      const vkey = readFileSync(open ?? "", "utf8");
      expect(`${signingKeyOf(NAME, pem).verifierKey.vkey}\n`).toBe(vkey);
      return vkey;
    });
    expect(readdirSync(folder)).toHaveLength(2 * ALGORITHMS.length + 1);
    expect(statSync(join(folder, `${BASE}.signed`)).size).toBe(0);
    expect(stdout).toBe(vkeys.join(""));
    expect(stderr).toContain(`signer: ["${join(folder, `${BASE}.ed25519.pem`)}"`);
    expect(stderr).not.toContain("PRIVATE");
  });

  test("with --out - writes one secret key to stdout, and no file", async () => {
    const cwd = temporaryFolder();
    const argv = ["keygen", "--name", NAME, "--out", "-"];
    const one = await quorumlog([...argv, "--algorithm", "ed25519"], { cwd });
    const { vkey } = signingKeyOf(NAME, one.stdout).verifierKey;
    expect(one).toMatchObject({ code: 0, stderr: `For everyone who verifies: ${vkey}\n` });
    expect(nameInKeyFile(one.stdout)).toBe(NAME);
    const both = objectsOf((await quorumlog([...argv, "--json"], { cwd })).stdout);
    expect(both.map(({ algorithm }) => algorithm)).toEqual(ALGORITHMS);
    for (const { pem, vkey: open } of both)
      expect(signingKeyOf(NAME, String(pem)).verifierKey.vkey).toBe(open);
    if (HAS_ML_DSA) expect(await quorumlog(argv, { cwd })).toMatchObject({ code: 2, stdout: "" });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test("says the same to a program", async () => {
    const cwd = temporaryFolder();
    const argv = ["keygen", "--name", NAME, "--out", ".", "--algorithm", "ed25519", "--json"];
    const { stdout } = await quorumlog(argv, { cwd });
    expect(objectsOf(stdout)).toEqual([
      {
        name: NAME,
        algorithm: "ed25519",
        privateKey: join(cwd, `${BASE}.ed25519.pem`),
        verifierKey: join(cwd, `${BASE}.ed25519.vkey`),
        vkey: readFileSync(join(cwd, `${BASE}.ed25519.vkey`), "utf8").trimEnd(),
      },
    ]);
    expect(readdirSync(cwd)).toHaveLength(3);
  });

  test.each([...ALGORITHMS.map((algorithm) => `${algorithm}.pem`), `${ALGORITHMS.at(-1)}.vkey`])(
    "replaces nothing: where %s is, none is written",
    async (end) => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, `${BASE}.${end}`), "mine");
      const { code, stdout, stderr } = await quorumlog(["keygen", "--name", NAME, "--out", "."], {
        cwd,
      });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(`${BASE}.${end} is there already, and no key is ever replaced`);
      expect(readdirSync(cwd)).toEqual([`${BASE}.${end}`]);
      expect(readFileSync(join(cwd, `${BASE}.${end}`), "utf8")).toBe("mine");
    },
  );

  test.each([
    ["../../etc/passwd", "etc-passwd"],
    ["..", "log"],
    ["/", "log"],
    ["ключ", "log"],
    ["a/\u202e\\b:c", "a-b-c"],
    [`x${"y".repeat(200)}`, `x${"y".repeat(99)}`],
  ])("makes files in its folder alone for the name %j", async (name, base) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "deep/keys"), { recursive: true });
    const argv = ["keygen", "--name", name, "--out", "deep/keys", "--algorithm", "ed25519"];
    expect((await quorumlog(argv, { cwd })).code).toBe(0);
    expect(readdirSync(cwd)).toEqual(["deep"]);
    expect(readdirSync(join(cwd, "deep/keys")).sort()).toEqual([
      `${base}.ed25519.pem`,
      `${base}.ed25519.vkey`,
      `${base}.signed`,
    ]);
  });

  test("makes the folder where a dangling symbolic link leads", async () => {
    const cwd = temporaryFolder();
    const volume = temporaryFolder();
    symlinkSync(join(volume, "keys"), join(cwd, "keys"));
    const argv = ["keygen", "--name", NAME, "--out", "keys", "--algorithm", "ed25519"];
    expect((await quorumlog(argv, { cwd })).code).toBe(0);
    expect(readdirSync(join(volume, "keys"))).toHaveLength(3);
  });

  test("makes a key of a second algorithm beside the first, and keeps what it has signed", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, `${BASE}.signed`), "kept");
    const argv = ["keygen", "--name", NAME, "--out", ".", "--algorithm", "ed25519"];
    expect((await quorumlog(argv, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, `${BASE}.signed`), "utf8")).toBe("kept");
  });

  test("shows a name on a terminal without what would act on it, and writes it as it is", async () => {
    const cwd = temporaryFolder();
    const name = "acme\u202e.example\u200b";
    const argv = ["keygen", "--name", name, "--algorithm", "ed25519", "--out"];
    for (const more of [["a"], ["b", "--json"]]) {
      const { code, screen } = await quorumlog([...argv, ...more], { cwd, columns: 80 });
      expect({ code, screen }).toEqual({
        code: 0,
        screen: expect.stringContaining("acme\\u202e.example\\u200b+"),
      });
      expect(screen).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    }
    const { stdout } = await quorumlog([...argv, "c"], { cwd, columns: 80, piped: true });
    expect(stdout).toBe(readFileSync(join(cwd, "c/acme-.example-.ed25519.vkey"), "utf8"));
    expect(stdout.startsWith(`${name}+`)).toBe(true);
    expect(nameInKeyFile(readFileSync(join(cwd, "a/acme-.example-.ed25519.pem"), "utf8"))).toBe(
      name,
    );
  });

  test.each([
    [[], "--name is missing"],
    [["--name", NAME], "--out is missing"],
    [
      ["--name", "two words", "--out", "."],
      '--name "two words": expected a string without white space',
    ],
    [["--name", "a\u001b", "--out", "."], '--name "a\\u001b": expected'],
    [["--name", "", "--out", "."], '--name "": expected 1 to 255 bytes'],
    [
      ["--name", NAME, "--out", ".", "--algorithm", "rsa"],
      '--algorithm "rsa" is none of ed25519, ml-dsa-44, both',
    ],
  ])("refuses %j", async (argv, message) => {
    const cwd = temporaryFolder();
    const { code, stderr } = await quorumlog(["keygen", ...argv], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`quorumlog: ${message}`),
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});
