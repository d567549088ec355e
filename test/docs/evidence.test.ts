import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(resolve(ROOT, "docs/evidence.md"), "utf8");

test("docs/evidence.md names every code of a problem, and no other", () => {
  const source = readFileSync(resolve(ROOT, "src/verify/problems.ts"), "utf8");
  const union = /export type ProblemCode =(.*?);/s.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  const table = /\| code \| what it says \|\n(.*?)\n\n/s.exec(DOCUMENT)?.[1] ?? "";
  const named = [...table.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code),
  );
  expect(codes.length).toBeGreaterThan(10);
  expect(named.toSorted()).toEqual(codes.toSorted());
});
