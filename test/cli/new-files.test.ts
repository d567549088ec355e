import {
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { newPath } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

/** Runs a command that must be refused. Returns what it said. */
async function refused(...argv: string[]): Promise<string> {
  const { code, stderr } = await quorumlog([...argv, "--force"]);
  expect(code).toBe(2);
  return stderr;
}

describe("a file that a command writes with --force", () => {
  const COMMANDS: readonly (readonly string[])[] = [
    ["export", "--format=ndjson", "--out"],
    ["report", "--out"],
    ["prove", "--sequence=1", "--out"],
    ["explain", "p1", "--prove"],
  ];

  test.each(COMMANDS)("is never the journal that %s reads, nor beside it", async (...command) => {
    const [name = "", ...flags] = command;
    const { path } = await signedJournal(3);
    const before = readFileSync(path);
    const [link, hard, copy] = [newPath(), newPath(), newPath()];
    symlinkSync(path, link);
    linkSync(path, hard);
    copyFileSync(path, copy);
    const rest = name === "explain" ? [path, ...flags] : [...flags];
    const run = (out: string): Promise<string> =>
      name === "explain" ? refused(name, ...rest, out) : refused(name, path, ...rest, out);
    for (const out of [path, link, hard]) expect(await run(out)).toContain("is what is read");
    expect(await run(copy)).toContain("is a journal, or another database of SQLite");
    for (const journal of [path, copy])
      for (const ending of ["-wal", "-shm", "-journal", ".lock"])
        expect(await run(`${journal}${ending}`)).toContain(`belongs to the journal ${journal};`);
    expect(readFileSync(path)).toEqual(before);
    expect(readFileSync(copy)).toEqual(before);
    expect(existsSync(`${path}-journal`)).toBe(false);
  });

  test("is never the export that is read, nor its checkpoints", async () => {
    const { path } = await signedJournal(3);
    const file = `${path}.ndjson`;
    await quorumlog(["export", path, "--format=ndjson", "--out", file]);
    const before = readFileSync(file);
    for (const out of [file, `${file}.checkpoint`])
      expect(await refused("export", file, "--format=csv", "--out", out)).toContain("what is read");
    expect(readFileSync(file)).toEqual(before);
  });

  test.each(["report", "explain"])("is never a key or a policy that %s reads", async (name) => {
    const { path, vkey } = await signedJournal(3);
    const [key, policy, link] = [newPath(), newPath(), newPath()];
    writeFileSync(key, `${vkey}\n`);
    writeFileSync(policy, "{}");
    symlinkSync(key, link);
    const argv = name === "report" ? [path, "--out"] : [path, "p1", "--prove"];
    for (const out of [key, policy, link])
      expect(await refused(name, ...argv, out, "--key", key, "--policy", policy)).toContain(
        "is what is read",
      );
    expect(readFileSync(key, "utf8")).toBe(`${vkey}\n`);
    expect(readFileSync(policy, "utf8")).toBe("{}");
  });

  test("replaces any other file", async () => {
    const { path } = await signedJournal(3);
    const file = `${newPath()}-wal`;
    writeFileSync(file, "old");
    const argv = ["prove", path, "--sequence=1", "--out", file, "--force"];
    expect((await quorumlog(argv)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(/^c2sp/);
  });
});
