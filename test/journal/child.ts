import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { JournalRow } from "../../src/journal/index.js";
import { afterThisTest } from "../fixtures/cleanup.js";
import { temporaryFolder } from "./fixtures.js";

/** What a child process says once it has opened a journal. */
export interface Child {
  readonly said: { readonly [name: string]: unknown };
  /** Ends it by SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

/** Opens a journal in a process of its own, which stays until it is killed. */
export async function childWith(
  path: string,
  rows: readonly JournalRow[] = [],
  {
    mode = "write",
    user,
  }: { readonly mode?: "write" | "read" | "collected"; readonly user?: number } = {},
): Promise<Child> {
  const child = started(path, rows, mode, user);
  const [line] = await once(
    createInterface(child.stdout as NonNullable<typeof child.stdout>),
    "line",
  );
  return { said: JSON.parse(String(line)), kill: () => killed(child) };
}

/**
 * Appends rows in a process of its own, and ends that by SIGKILL as soon as it has said so many sequences. Answers how
 * many it had said when it was gone.
 */
export async function killedWhileAppending(
  path: string,
  rows: readonly JournalRow[],
  count: number,
): Promise<number> {
  const child = started(path, rows, "each");
  let said = 0;
  const lines = createInterface(child.stdout as NonNullable<typeof child.stdout>);
  lines.on("line", () => {
    if (++said === count) child.kill("SIGKILL");
  });
  await once(lines, "close");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return said;
}

function started(
  path: string,
  rows: readonly JournalRow[],
  mode: string,
  user?: number,
): ChildProcess {
  let file = "";
  if (rows.length > 0) {
    file = join(temporaryFolder(), "rows.json");
    writeFileSync(file, JSON.stringify(rows.map(({ resource: _, scope: __, ...row }) => row)));
  }
  const program = resolve(import.meta.dirname, "writer-program.ts");
  const flags = [
    "--experimental-strip-types",
    "--disable-warning=ExperimentalWarning",
    "--expose-gc",
  ];
  const child = spawn(process.execPath, [...flags, program, path, file, mode], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  afterThisTest(() => child.kill("SIGKILL"));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
