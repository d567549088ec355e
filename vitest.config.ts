import { accessSync, constants, globSync, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { reporters } from "./scripts/failures-reporter.ts";

const ROOT = import.meta.dirname;
const ALL = ["test/**/*.test.ts"];
/** Folders whose files start programs. Each file has its own context. */
const APART = ["test/{examples,interop,package}/**/*.test.ts"];
/** Files that mock a module, or need the whole stack. Each has its own context. */
const ALONE = ["test/**/*.alone.test.ts"];

/** `npm run test:long` runs only the files that then make more runs, or have more cases. */
function chosen(patterns: string[]): string[] {
  if (process.env["LONG"] === undefined) return patterns;
  const isLonger = (file: string): boolean =>
    readFileSync(join(ROOT, file), "utf8").includes("/fixtures/long-runs.");
  return globSync(patterns, { cwd: ROOT }).filter(isLonger);
}

/** Where tests may use the disk. `npm run test:crash` always does. */
const ON_DISK = process.env["ON_DISK"] !== undefined;

/** A file system in memory with a gigabyte to spare. There, a test does not wait for the disk. */
function memory(): string | undefined {
  const folder = "/dev/shm";
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 1 << 30 ? folder : undefined;
  } catch {
    return undefined; // Linux alone has it
  }
}

const temporary = ON_DISK ? undefined : memory();

export default defineConfig({
  test: {
    env: {
      // Programs that tests start take two thirds of the processor time with it (measured).
      NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/node"),
      ...(temporary !== undefined && { TMPDIR: temporary }),
    },
    // 24 small files on 2 cores (measured): forks 11.7 s, threads 7.8 s. vmThreads takes 4.0 s, but
    // gives each file other intrinsics than Node's own modules have. Tests of what counts as a
    // plain object cannot run that way.
    pool: "threads",
    // The default is one less than the cores, which is one on 2 cores. Half of the suite waits for
    // sockets and processes: 132 s with two workers, 115 s with three (measured).
    maxWorkers: 4,
    // Only a test that hangs takes this long. Beside six busy processes on 2 cores, tests take up to
    // ten times as long as on an idle machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    setupFiles: ["test/setup.ts"],
    globalSetup: ["test/bundled-package.ts"],
    reporters: reporters(),
    projects: [
      // All files share one instance of each module: 80 files in 25 s, and in 46 s with a worker
      // each (measured).
      {
        extends: true,
        test: {
          name: "within",
          include: chosen(ALL),
          exclude: [...APART, ...ALONE],
          isolate: false,
        },
      },
      { extends: true, test: { name: "apart", include: chosen(APART), exclude: ALONE } },
      { extends: true, test: { name: "alone", include: chosen(ALONE) } },
    ],
  },
});
