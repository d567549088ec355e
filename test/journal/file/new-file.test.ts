import { spawnSync } from "node:child_process";
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { DraftFile, NameTaken, withoutLinks } from "../../../src/journal/file/new-file.js";
import { Journal } from "../../../src/journal/index.js";
import { afterThisTest } from "../../fixtures/cleanup.js";
import { append, newPath, openJournal, temporaryFolder } from "../../fixtures/journal.js";

/** Replaces a function of `node:fs` until the end of the test. */
function replaceFs<Name extends "fsyncSync" | "linkSync">(
  name: Name,
  make: (real: (typeof fs)[Name]) => (typeof fs)[Name],
): void {
  const real = fs[name];
  fs[name] = make(real);
  syncBuiltinESMExports();
  afterThisTest(() => {
    fs[name] = real;
    syncBuiltinESMExports();
  });
}

describe("beginning a journal, or backup", () => {
  test("deletes nothing of the user, whatever its name is", async () => {
    const path = newPath();
    const folder = dirname(path);
    const names = ["", "-wal", "-shm", "-journal"].flatMap((suffix) => [
      `${path}.new${suffix}`,
      join(folder, `copy.db.partial${suffix}`),
    ]);
    for (const name of names) writeFileSync(name, `mine: ${name}`);
    const journal = openJournal(path);
    append(journal, 2);
    await journal.backup(join(folder, "copy.db"));
    for (const name of names) expect(readFileSync(name, "utf8")).toBe(`mine: ${name}`);
    expect(openJournal(join(folder, "copy.db"), { readOnly: true }).length).toBe(2);
  });

  test("leaves no draft behind, whether it succeeds or not", async () => {
    const path = newPath();
    const folder = dirname(path);
    const journal = openJournal(path);
    append(journal, 1);
    const before = readdirSync(folder);
    await journal.backup(join(folder, "copy.db"));
    expect(new Set(readdirSync(folder))).toEqual(new Set([...before, "copy.db"]));
    replaceFs("fsyncSync", () => () => {
      throw new Error("no space left on device");
    });
    await expect(journal.backup(join(folder, "second.db"))).rejects.toMatchObject({
      code: "journal_failed",
    });
    expect(new Set(readdirSync(folder))).toEqual(new Set([...before, "copy.db"]));
  });

  test("two backups to one path at once: one of them is refused, none is overwritten", async () => {
    const journal = openJournal(newPath());
    append(journal, 3);
    const copy = join(dirname(journal.path), "copy.db");
    const results = await Promise.allSettled([journal.backup(copy), journal.backup(copy)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(openJournal(copy, { readOnly: true }).length).toBe(3);
  });
});

describe("a draft", () => {
  test("takes no name that something else got first, and is removed", () => {
    const target = join(temporaryFolder(), "governance.ndjson");
    const draft = new DraftFile(target, "partial");
    writeFileSync(target, "mine");
    expect(() => draft.keep()).toThrow(NameTaken);
    draft.remove();
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(readdirSync(dirname(target))).toEqual([basename(target)]);
  });

  test("gets its name on a file system without hard links too", () => {
    replaceFs("linkSync", () => () => {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
    });
    const target = join(temporaryFolder(), "governance.ndjson");
    const draft = new DraftFile(target, "partial");
    draft.keep();
    expect(readdirSync(dirname(target))).toEqual([basename(target)]);
    expect(() => new DraftFile(target, "partial").keep()).toThrow(NameTaken);
  });
});

describe("a dangling symbolic link to a volume", () => {
  test("stays a link, and the journal and its backup are made where it leads", async () => {
    const folder = temporaryFolder();
    const volume = join(folder, "volume");
    mkdirSync(volume);
    for (const name of ["a.db", "copy.db"]) symlinkSync(join(volume, name), join(folder, name));
    const journal = openJournal(join(folder, "a.db"));
    append(journal, 1);
    await journal.backup(join(folder, "copy.db"));
    for (const name of ["a.db", "copy.db"]) {
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
      expect(existsSync(join(volume, name))).toBe(true);
    }
    expect(journal.path).toBe(withoutLinks(join(volume, "a.db")));
    expect(existsSync(join(folder, "a.db.lock"))).toBe(false);
  });

  test("is followed through relative links, chains and folders that are not there yet", () => {
    const folder = withoutLinks(temporaryFolder());
    symlinkSync("b", join(folder, "a"));
    symlinkSync("c/d", join(folder, "b"));
    expect(withoutLinks(join(folder, "a", "e"))).toBe(join(folder, "c", "d", "e"));
    symlinkSync("x", join(folder, "y"));
    symlinkSync("y", join(folder, "x"));
    expect(() => Journal.open(join(folder, "x"))).toThrow(/reach the folder/);
  });
});

describe("a folder that cannot be synced", () => {
  test("makes a warning: the journal is made, and its backup", async () => {
    replaceFs("fsyncSync", (real) => (descriptor) => {
      if (fs.fstatSync(descriptor).isDirectory())
        throw Object.assign(new Error("EINVAL: invalid argument, fsync"), { code: "EINVAL" });
      real(descriptor);
    });
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const journal = openJournal(newPath());
    append(journal, 1);
    const copy = join(dirname(journal.path), "copy.db");
    await journal.backup(copy);
    expect(openJournal(copy, { readOnly: true }).length).toBe(1);
    expect(warn.mock.calls.map(([text]) => text)).toEqual(
      Array(2).fill(expect.stringContaining("cannot be synced (EINVAL")),
    );
    warn.mockRestore();
  });
});

describe("a process with node --permission, where no folder can be synced", () => {
  /** What opening a journal there prints, by a process that may write to this. */
  function openedWith(path: string, writable: string) {
    const script = `
      import { Journal } from "quorumlog/journal";
      try {
        const journal = Journal.open(process.argv[1]);
        console.log(journal.length);
        journal.close();
      } catch ({ code }) {
        console.log(code);
      }`;
    const flags = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${writable}`];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, "--input-type=module", "-e", script, path],
      { encoding: "utf8" },
    );
    return { said: stdout.trim(), warned: stderr };
  }

  test("makes the journal at the first start, with a warning", () => {
    const path = newPath();
    const { said, warned } = openedWith(path, `${dirname(path)}/*`);
    expect(said).toBe("0");
    expect(warned).toContain(`the folder ${dirname(path)} cannot be synced`);
    expect(existsSync(path)).toBe(true);
  });

  test("begins no journal if it may not write to the folder", () => {
    const path = newPath();
    expect(openedWith(path, path).said).toBe("journal_failed");
    expect(existsSync(path)).toBe(false);
  });
});
