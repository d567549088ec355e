import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type RecordedRun, replay } from "./replay.js";

/** Our own cases in the shape of the recorded runs. Their answers come from a plain list. */
const OURS = new URL("cases/", import.meta.url);
/**
 * Runs of the reference implementation. They are not part of the project, and may lie beside it.
 */
const SHARED = new URL("../../../shared/parity/", import.meta.url);

const namesIn = (folder: URL): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort();

const runAt = (folder: URL, name: string): RecordedRun =>
  JSON.parse(readFileSync(new URL(name, folder), "utf8"));

describe("a recorded run is answered the same", () => {
  test.each(namesIn(OURS))("cases/%s", (name) => {
    replay(runAt(OURS, name));
  });

  if (existsSync(SHARED))
    test.each(namesIn(SHARED))("shared/parity/%s", (name) => {
      replay(runAt(SHARED, name));
    });
  else
    console.warn("!!! SKIPPED: recorded runs of the reference implementation: no ../shared/parity");
});

describe("the replay itself", () => {
  const run = runAt(OURS, "federation.json");
  const [first, ...others] = run.queries;

  test("fails on a wrong answer, a wrong length and a wrong export", () => {
    const rows = first?.expect ?? [];
    expect(rows.length).toBeGreaterThan(0);
    expect(() =>
      replay({ ...run, queries: [{ args: {}, expect: rows.slice(1) }, ...others] }),
    ).toThrow();
    expect(() => replay({ ...run, length: run.length + 1 })).toThrow();
    expect(() => replay({ ...run, export_json: "[]" })).toThrow();
    expect(() => replay({ ...run, steps: run.steps.slice(1) })).toThrow();
  });
});
