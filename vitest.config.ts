import { defineConfig } from "vitest/config";

/** Folders whose files share one context; those that mock a module, or need all of its stack, have a worker of their own. */
const SHARED =
  "{entry,record,query,memory,integrity,verify,delivery,journal,log,otlp,winston,loki,testing,cli,parity,deploy,docs,scripts}";
const WITHIN = [`test/${SHARED}/**/*.test.ts`];
const ALONE = ["test/**/*.alone.test.ts"];

export default defineConfig({
  test: {
    // 24 small files on 2 cores (measured): forks 11.7 s, threads 7.8 s. vmThreads, 4.0 s, gives each file other
    // intrinsics than Node's own modules have, which is no ground to test what counts as a plain object on.
    pool: "threads",
    // One less than the cores is the default; on 2 cores that is one, and half of the suite waits for sockets and processes:
    // 132 s with two, 115 s with three (measured).
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    setupFiles: ["test/setup.ts"],
    projects: [
      // the same module instances for all files: 80 files in 25 s, and in 46 s with a worker each (measured)
      { extends: true, test: { name: "within", include: WITHIN, exclude: ALONE, isolate: false } },
      {
        extends: true,
        test: { name: "apart", include: ["test/**/*.test.ts"], exclude: [...WITHIN, ...ALONE] },
      },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
