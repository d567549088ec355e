import { expect, test } from "vitest";
import { bench } from "../fixtures/bench.js";
import { inLongRuns } from "../fixtures/long-runs.js";

const SHORT = ["queries"];
const LONG = [
  "sealed-call",
  "verify",
  "governance",
  "memory",
  "journal",
  "sealed-call-million",
  "delivery",
  "evidence",
];
const SCENARIOS = [...SHORT, ...inLongRuns(...LONG)];

test("each benchmark runs to its end and prints a table", async () => {
  const { code, stdout, stderr } = await bench(...SCENARIOS);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Node v\d+/);
  // each begins with its name, after an empty line
  const starts = SCENARIOS.map((name) => stdout.indexOf(`\n\n${name}\n`));
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  for (const [index, start] of starts.entries()) {
    expect(start, SCENARIOS[index]).toBeGreaterThan(0);
    const table = stdout.slice(start, starts[index + 1]);
    expect(table.match(/^ {2}/gm)?.length, table).toBeGreaterThan(2);
  }
});

test("these are all benchmarks, but for the one that needs a Collector and Loki", async () => {
  const { code, stderr } = await bench("unknown");
  expect(code).toBe(2);
  const [, names = ""] = /there are (.*)\n/.exec(stderr) ?? [];
  expect(names.split(", ").sort()).toEqual([...SHORT, ...LONG, "backends"].sort());
});
