import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(resolve(ROOT, path), "utf8");

test("docs/errors.md says of every code what happened and what to do, and names no other", () => {
  const union = /export type AuditErrorCode =(.*?);/s.exec(read("src/errors.ts"))?.[1] ?? "";
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  const table = /\| code \| what happened \| what to do \|\n(.*?)\n\n/s.exec(
    read("docs/errors.md"),
  );
  const rows = [...(table?.[1] ?? "").matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \|$/gm)];
  expect(codes.length).toBeGreaterThanOrEqual(10);
  expect(rows.map(([, code]) => code)).toEqual(codes);
  for (const [, code, happened = "", toDo = ""] of rows)
    expect(Math.min(happened.length, toDo.length), code).toBeGreaterThan(20);
});

test("docs/errors.md quotes the line of a process that ends with pending records", () => {
  const [, what = ""] =
    /what: `(undelivered.+?) of \$\{/.exec(read("src/delivery/reliable-log-record-processor.ts")) ??
    [];
  const [, line = ""] =
    /`(quorumlog: the process ends with)/.exec(read("src/delivery/exit-guard.ts")) ?? [];
  expect([what, line]).not.toContain("");
  expect(read("docs/errors.md")).toContain(`\`${line} 3 ${what} of otlp\``);
});
