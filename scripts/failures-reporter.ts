/** What `.ci/run` keeps of a run of Vitest: a report in JSON, and a list of what failed. */
import { appendFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

const FIRST_LINE = /^.*$/m;

function line(what: string, errors: readonly SerializedError[]): string {
  const [message = ""] = FIRST_LINE.exec(errors[0]?.message ?? "") ?? [];
  return `${what}: ${message}\n`;
}

/** The error, where Vitest saw it, and its stack. */
function unhandled(error: SerializedError): string {
  const [path, name] = [error["VITEST_TEST_PATH"], error["VITEST_TEST_NAME"]];
  const file = typeof path === "string" ? relative(process.cwd(), path) : undefined;
  const during = [file, name].filter((part) => typeof part === "string").join(" > ");
  const stack = error.stack === undefined ? "" : `${error.stack}\n`;
  return `${line(`unhandled error${during && ` during ${during}`}`, [error])}${stack}`;
}

/** Appends to a file: one line for each failed test, and each unhandled error with its stack. */
export class FailuresReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const failures = modules.flatMap((module) => [
      ...module.errors().map((error) => line(module.relativeModuleId, [error])),
      ...Array.from(module.children.allSuites()).flatMap((suite) =>
        suite
          .errors()
          .map((error) => line(`${module.relativeModuleId} > ${suite.fullName}`, [error])),
      ),
      ...Array.from(module.children.allTests("failed"), (test) =>
        line(`${module.relativeModuleId} > ${test.fullName}`, test.result().errors ?? []),
      ),
    ]);
    appendFileSync(this.#file, [...failures, ...errors.map(unhandled)].join(""));
  }
}

/**
 * The reporters for a configuration of Vitest. If the environment variable `CI_REPORTS` names a
 * folder, they keep reports there.
 */
export function reporters(folder: string | undefined = process.env["CI_REPORTS"]) {
  if (folder === undefined) return ["default"];
  const json = join(folder, `vitest-${process.pid}.json`);
  return [
    "default",
    ["json", { outputFile: json }] as ["json", { outputFile: string }],
    new FailuresReporter(join(folder, "failures.txt")),
  ];
}
