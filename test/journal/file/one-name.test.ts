import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Journal } from "../../../src/journal/index.js";
import { append, newPath, openJournal, temporaryFolder, thrownBy } from "../../fixtures/journal.js";

function filled(): string {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, 3);
  journal.close();
  return path;
}

/** What a shell prints that may mount, in a namespace of its own; undefined if it fails. */
function mounting(script: string, ...values: readonly string[]): string | undefined {
  const shell = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", ...values]);
  return shell.status === 0 ? shell.stdout.toString() : undefined;
}

const MAY_MOUNT = mounting("true") !== undefined;

describe("a journal that has a second name (a hard link)", () => {
  test("is refused for writing under each of them, says where the other is, and is not changed", () => {
    const path = filled();
    const other = join(dirname(path), "other.db");
    linkSync(path, other);
    const before = [statSync(path).mtimeMs, readdirSync(dirname(path))];
    for (const [one, second] of [
      [path, other],
      [other, path],
    ] as const) {
      const error = thrownBy(() => Journal.open(one));
      expect(error.code).toBe("journal_failed");
      expect(error.message).toContain(`${one} has 2 names (hard links), one of which is ${second}`);
      expect(error.message).toContain("cp FILE FILE.copy && mv FILE.copy FILE");
    }
    expect([statSync(path).mtimeMs, readdirSync(dirname(path))]).toEqual(before);
  });

  test("can be read, as a backup that cp -al made", () => {
    const path = filled();
    const backup = join(temporaryFolder(), "governance.db");
    linkSync(path, backup);
    expect(openJournal(backup, { readOnly: true }).entries()).toHaveLength(3);
  });

  test("goes on with one warning if it got that name while it was open", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 1);
    linkSync(path, join(temporaryFolder(), "backup.db"));
    append(journal, 3);
    const message = expect.stringContaining(`${path} got a second name (a hard link)`);
    expect(warn.mock.calls).toEqual([[message, "QuorumlogWarning"]]);
  });
});

describe("a journal that is mounted without its folder", () => {
  const SCRIPT = `mount --bind "$1" "$2" && exec "$3" --input-type=module -e '
    import { Journal } from "quorumlog/journal";
    const open = (options) => {
      try {
        return Journal.open(process.argv[1], options).length;
      } catch ({ code, message }) {
        return { code, message };
      }
    };
    console.log(JSON.stringify([open({}), open({ readOnly: true })]));' "$2"`;

  test.skipIf(!MAY_MOUNT)("is refused for writing, and can be read", () => {
    const path = filled();
    const folder = join(temporaryFolder(), "a folder");
    mkdirSync(folder);
    const target = join(folder, "governance.db");
    writeFileSync(target, "");
    const said = mounting(SCRIPT, path, target, process.execPath);
    const [written, read] = JSON.parse(said ?? "");
    expect(written).toMatchObject({ code: "journal_failed" });
    expect(written.message).toContain(`${target} is mounted without its folder`);
    expect(written.message).toContain("docker run -v FOLDER:FOLDER");
    expect(read).toBe(3);
    expect(readdirSync(folder)).not.toContain("governance.db.lock");
  });
});
