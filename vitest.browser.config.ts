import { defineConfig } from "vitest/config";
import { reporters } from "./scripts/failures-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/browser/**/*.browser.ts"],
    // One browser at a time.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["test/setup.ts"],
    reporters: reporters(),
  },
});
