import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OPERATIONS } from "quorumlog";
import { describe, expect, test } from "vitest";
import { ATTRIBUTE_CONVENTIONS } from "../../scripts/conventions.ts";
import { logqlName } from "../../scripts/dashboard-queries.ts";
import { documentQueries } from "../../scripts/document-queries.ts";

const ROOT = resolve(import.meta.dirname, "../..");

describe("the queries of docs/grafana-loki.md", () => {
  test("are found", () => {
    expect(documentQueries().length).toBeGreaterThan(12);
  });

  test.each(documentQueries())("name attributes and operations that there are: %s", (query) => {
    const known = ATTRIBUTE_CONVENTIONS.map(({ name }) => logqlName(name));
    for (const [name] of query.matchAll(/\b(?:governance|log_record)_\w+/g))
      if (!name.startsWith("governance_details_")) expect(known).toContain(name);
    for (const [, operation = ""] of query.matchAll(/governance_operation="(\w+)"/g))
      expect([...OPERATIONS, "policy_updated"]).toContain(operation); // an operation of an app
  });
});

describe("deploy/README.md", () => {
  const text = readFileSync(resolve(ROOT, "deploy/README.md"), "utf8");

  test("links to files that exist", () => {
    for (const [, link = ""] of text.matchAll(/\]\(([^)]+)\)/g))
      expect(existsSync(resolve(ROOT, dirname("deploy/README.md"), link)), link).toBe(true);
  });

  test("says the command that compose.yaml says, and the port that Grafana has", () => {
    const compose = readFileSync(resolve(ROOT, "deploy/compose.yaml"), "utf8");
    expect(compose).toContain(/^docker compose .+ up -d$/m.exec(text)?.[0]);
    expect(compose).toContain('"127.0.0.1:3000:3000"');
    expect(text).toContain("<http://localhost:3000>");
  });
});
