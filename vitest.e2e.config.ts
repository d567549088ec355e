import { defineConfig } from "vitest/config";
import { reporters } from "./scripts/failures-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/e2e/**/*.e2e.ts"],
    // The programs are real ones: one after the other.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["test/setup.ts"],
    reporters: reporters(),
  },
});
