import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

const MIB = 1024 * 1024;

/** More than a string of V8 can hold. */
const HUGE = 600 * MIB;

/** An export and a proof without its line, of the same journal, in a folder of their own. */
async function evidence() {
  const { path, vkey } = await signedJournal(3);
  const cwd = temporaryFolder();
  await quorumlog(["export", path, "--format", "ndjson", "--out", "log.ndjson"], { cwd });
  await quorumlog(["prove", path, "--sequence", "1", "--out", "proof"], { cwd });
  writeFileSync(
    join(cwd, "proof"),
    readFileSync(join(cwd, "proof"), "utf8").replace(/^extra .*\n/m, ""),
  );
  return { cwd, path, vkey };
}

/** Makes a file so long, or longer by NULs; a sparse one, which takes no room. */
function lengthen(path: string, bytes: number): void {
  writeFileSync(path, "", { flag: "a" });
  truncateSync(path, bytes);
}

describe("a file that is too long to be what it is given as", () => {
  test.each([
    ["the checkpoints beside an export", "log.ndjson.checkpoint", 256, ["log.ndjson"]],
    ["--checkpoint", "big", 256, ["log.ndjson", "--checkpoint", "big"]],
    ["--trusted", "big", 1, ["log.ndjson", "--trusted", "big"]],
    ["--key", "big", 1, ["log.ndjson", "--key", "big"]],
    ["--line", "big", 1, ["proof", "--line", "big"]],
  ])("ends verify with 3, its name and the limit: %s", async (_, name, limit, argv) => {
    const { cwd, vkey } = await evidence();
    const file = join(cwd, name);
    for (const bytes of [HUGE, limit * MIB + 1]) {
      lengthen(file, bytes);
      const { code, stdout, stderr } = await quorumlog(["verify", ...argv, "--key", vkey], { cwd });
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toContain(`${file} is longer than ${limit * MIB} bytes`);
      expect(stderr).toMatch(/^quorumlog: [^\n]+\n$/);
    }
  });

  test("ends checkpoint --sign with 3 too", async () => {
    const { cwd, path } = await evidence();
    lengthen(join(cwd, "big"), HUGE);
    expect(await quorumlog(["checkpoint", path, "--sign", "big"], { cwd })).toMatchObject({
      code: 3,
      stdout: "",
      stderr: `quorumlog: ${join(cwd, "big")} is longer than ${MIB} bytes, the most that is read of it\n`,
    });
  });

  test("is none of as many bytes as the limit, which are read and judged", async () => {
    const { cwd, vkey } = await evidence();
    writeFileSync(join(cwd, "keys"), `${vkey}\n#`.padEnd(MIB, "x"));
    const argv = ["verify", "log.ndjson", "--key", "keys"];
    expect(await quorumlog(argv, { cwd })).toMatchObject({ code: 0, stderr: "" });
  });
});

test.runIf(process.platform === "linux")(
  "a signal ends verify in a line without an end",
  async () => {
    const { vkey } = await evidence();
    const user = new AbortController();
    setImmediate(() => user.abort("SIGTERM"));
    const { code } = await quorumlog(["verify", "/dev/zero", "--key", vkey], {
      signal: user.signal,
    });
    expect(code).toBe(143);
  },
);
