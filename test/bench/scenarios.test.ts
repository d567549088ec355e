import { expect, test } from "vitest";
import { bench } from "../fixtures/bench.js";

const SCENARIOS = [
  "sealed-call",
  "sealed-call-million",
  "queries",
  "memory",
  "delivery",
  "journal",
  "evidence",
  "verify",
];

test.each(SCENARIOS)("the benchmark %s runs to its end and prints a table", async (name) => {
  const { code, stdout, stderr } = await bench(name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [head = "", title, ...rows] = stdout.split("\n");
  expect(head).toMatch(/^Node v\d+/);
  expect([title, rows[0]]).toEqual(["", name]);
  expect(rows.filter((row) => row.startsWith("  ")).length).toBeGreaterThan(2);
});

test("these are all benchmarks, but for the one that needs a Collector and Loki", async () => {
  const { code, stderr } = await bench("unknown");
  expect(code).toBe(2);
  const [, names = ""] = /there are (.*)\n/.exec(stderr) ?? [];
  expect(names.split(", ").sort()).toEqual([...SCENARIOS, "backends"].sort());
});
