import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { snippetErrors, snippetModules } from "./snippets.js";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENTS = globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: ROOT }).sort();

describe("the TypeScript snippets of the documents", () => {
  test("all type-check against the built package", () => {
    const modules = DOCUMENTS.flatMap((path) =>
      snippetModules(path, readFileSync(resolve(ROOT, path), "utf8")),
    );
    expect(modules.map(({ document }) => document)).toContain("README.md");
    // one run of the compiler: beside the right ones, a wrong one shows that it finds errors, and
    // that it names document, line and column
    const markdown = [
      "# Wrong", // 1
      "```ts",
      'import { GovernanceAuditLog } from "quorumlog";',
      "```",
      "and on:", // 5
      "   ```ts continue",
      "   const audit = new GovernanceAuditLog();",
      "   const wrong: number = audit;",
      "   ```",
      "```ts", // 10
      "audit.entries();",
      "```",
    ].join("\n");
    const wrong = snippetModules("docs/wrong.md", markdown);
    expect(snippetErrors([...modules, ...wrong], "snippets")).toEqual([
      expect.stringMatching(/^docs\/wrong\.md:8:\d+: error TS/),
      expect.stringMatching(/^docs\/wrong\.md:11:1: error TS2304: Cannot find name 'audit'/),
    ]);
  });
});

describe("the extraction of snippets", () => {
  test("keeps the line numbers of the document", () => {
    const markdown = "text\n```ts\nconst a = 1;\n```\n```sh\nls\n```\n```ts continue\na;\n```\n";
    expect(snippetModules("a.md", markdown)).toEqual([
      { document: "a.md", text: "\n\nconst a = 1;\n\n\n\n\n\na;\n" },
    ]);
  });

  test("leaves out the signatures of docs/api, and refuses them elsewhere", () => {
    const markdown = "```ts signature\nflush(): void;\n```\n";
    expect(snippetModules("docs/api/a.md", markdown)).toEqual([]);
    expect(() => snippetModules("docs/a.md", markdown)).toThrow('not "ts signature"');
  });

  test("leaves a block inside a longer fence alone", () => {
    expect(snippetModules("a.md", "````md\n```ts\nwrong(\n```\n````\n")).toEqual([]);
  });

  test.each([
    ["```ts no-check\n```", 'a.md:1: write "ts" or "ts continue", not "ts no-check"'],
    ["```typescript\n```", 'a.md:1: write "ts" or "ts continue", not "typescript"'],
    ["\n```ts continue\n```", 'a.md:2: "ts continue" has no block to continue'],
    ["```ts\nconst a = 1;", "a.md: a code block is never closed"],
  ])("refuses %j", (markdown, message) => {
    expect(() => snippetModules("a.md", markdown)).toThrow(message);
  });
});
