import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { mendedLines } from "../../src/verify/ndjson-source.js";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

/** Each file of evidence, by what it is. */
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  const { path, vkey } = await signedJournal(3);
  const cwd = temporaryFolder();
  const read = (name: string): string => readFileSync(join(cwd, name), "utf8");
  await quorumlog(["export", path, "--format", "ndjson", "--out", "log"], { cwd });
  await quorumlog(["prove", path, "--sequence", "1", "--out", "proof"], { cwd });
  await quorumlog(["prove", path, "--proposal", "p1", "--out", "bundle"], { cwd });
  const proof = read("proof");
  files = {
    log: read("log"),
    "log.checkpoint": read("log.checkpoint"),
    kept: read("log.checkpoint"),
    proof,
    bundle: read("bundle"),
    "proof-without-line": proof.replace(/^extra .*\n/m, ""),
    line: `${read("log").split("\n")[1]}\n`,
    keys: `${vkey}\n`,
  };
});

const DAMAGES: readonly (readonly [name: string, damage: (text: string) => string])[] = [
  ["a lost last newline", (text) => text.replace(/\n$/, "")],
  ["CRLF", (text) => text.replaceAll("\n", "\r\n")],
  ["a BOM", (text) => `\uFEFF${text}`],
  ["all of these", (text) => `\uFEFF${text.trimEnd().replaceAll("\n", "\r\n")}`],
];

describe("a lost last newline, CRLF or a BOM: what transport does to a text is mended", () => {
  const verified: readonly (readonly [file: string, ...argv: string[]])[] = [
    ["log", "log"],
    ["log.checkpoint", "log"],
    ["kept", "log", "--trusted", "kept"],
    ["proof", "proof"],
    ["bundle", "bundle"],
    ["line", "proof-without-line", "--line", "line"],
    ["keys", "log"],
  ];
  test.each(DAMAGES)("%s", async (_, damage) => {
    for (const [damaged, ...argv] of verified) {
      const cwd = temporaryFolder();
      for (const [name, text] of Object.entries(files))
        writeFileSync(join(cwd, name), name === damaged ? damage(text) : text);
      const result = await quorumlog(["verify", ...argv, "--key", "keys"], { cwd });
      expect(result, damaged).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test("of one line alone it is not, and cannot be checked", async () => {
    const cwd = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    writeFileSync(join(cwd, "log"), files["log"]?.replace("\n", "\r\n") ?? "");
    const { code, stderr } = await quorumlog(["verify", "log", "--key", "keys"], { cwd });
    expect(code).toBe(3);
    expect(stderr).toContain("some of its lines end in a carriage return");
  });

  test("the same wherever the chunks of a file end", async () => {
    const read = async (text: string, size: number): Promise<string> => {
      async function* chunks() {
        const bytes = Buffer.from(text);
        yield bytes.subarray(0, Math.max(3, size));
        for (let at = Math.max(3, size); at < bytes.length; at += size)
          yield bytes.subarray(at, at + size);
      }
      let found = "";
      for await (const chunk of mendedLines(chunks())) found += chunk.toString("latin1");
      return found;
    };
    for (let size = 1; size < 12; size++) {
      expect(await read("\uFEFFab\r\n\r\ncd\r\n", size)).toBe("ab\n\ncd\n");
      expect(await read("a\nb\r\r\nc\r", size)).toBe("a\nb\r\r\nc\r");
      expect(await read("ab\r", size)).toBe("ab\r");
      await expect(read("ab\r\nc\nd\r\n", size)).rejects.toMatchObject({
        code: "invalid_evidence",
      });
    }
  });
});
