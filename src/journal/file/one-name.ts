import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { journalFailed } from "./sqlite.js";

/**
 * Refuses to write to a file that others know by another name. SQLite looks for the write-ahead log
 * under the name of the file, and the lock is beside it too. So two processes could write to one
 * file, and each would overwrite what the other one wrote.
 *
 * @param path - Absolute, without symbolic links.
 * @param stat - What is there.
 * @throws `AuditError` `journal_failed` for a file with hard links, and for one that is mounted
 * without its folder.
 */
export function assertOneName(path: string, stat: Stats): void {
  if (isMountedAlone(path, stat))
    throw journalFailed(
      `${path} is mounted without its folder, so its write-ahead log and its lock would stay ` +
        "behind, and what they hold would be lost; nothing was changed. Mount the folder that it " +
        "is in (docker run -v FOLDER:FOLDER; in Kubernetes, no subPath that names the file)",
    );
  if (stat.nlink > 1)
    throw journalFailed(
      `${path} has ${stat.nlink} names (hard links)${otherNameOf(path, stat)}, and a process ` +
        "that writes under another name would not see the lock; nothing was changed. While no " +
        "process has it open, give this name a file of its own (cp FILE FILE.copy && mv " +
        "FILE.copy FILE), or delete the other names (find / -samefile FILE)",
    );
}

/**
 * Whether a file is a mount of its own. Linux says so. Elsewhere, it is on another device than its
 * folder then. On Linux the devices tell nothing: an overlay has files of several devices.
 */
function isMountedAlone(path: string, { dev }: Stats): boolean {
  return mountPoints()?.has(path) ?? dev !== statSync(dirname(path)).dev;
}

/** The mount points of this process; undefined where the system does not say. */
function mountPoints(): ReadonlySet<string> | undefined {
  if (process.platform !== "linux") return undefined;
  let mounts: string;
  try {
    mounts = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return undefined; // there is no /proc, or Node may not read it
  }
  // The fifth field, where a space is \040 (proc_pid_mountinfo(5)).
  return new Set(mounts.split("\n").map((line) => unescaped(line.split(" ")[4] ?? "")));
}

function unescaped(field: string): string {
  const bytes = field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return bytes;
}

/** The other name of a file, if it is in the same folder. */
function otherNameOf(path: string, { dev, ino }: Stats): string {
  const folder = dirname(path);
  const other = readdirSync(folder)
    .map((name) => join(folder, name))
    .find((each) => {
      if (each === path) return false;
      const stat = statSync(each, { throwIfNoEntry: false });
      return stat?.ino === ino && stat.dev === dev;
    });
  return other === undefined ? "" : `, one of which is ${other}`;
}
