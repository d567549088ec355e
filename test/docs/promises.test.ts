import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** The text of a section of a document, without its heading. */
function section(document: string, heading: string): string {
  const parts = readFileSync(resolve(ROOT, document), "utf8").split(/^## /m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  return found ?? expect.fail(`${document} has no section "${heading}"`);
}

/** The rows of the first table of a section, without its head. */
function rowsOf(text: string): string[] {
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(rows.findIndex((row) => row.startsWith("|---")) + 1);
}

/** The files that a text links to, from the root of the repository. */
function testFilesIn(document: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)#]+\.test\.ts)\)/g)].map(([, link = ""]) => link);
  return links.map((link) => resolve(ROOT, dirname(document), link));
}

function expectTests(document: string, text: string): void {
  const files = testFilesIn(document, text);
  expect(files.length, text).toBeGreaterThan(0);
  for (const file of files) {
    expect(existsSync(file), `${file}, which ${text} links to`).toBe(true);
    expect(readFileSync(file, "utf8"), file).toMatch(/^ *(?:test|it)\b(?:\.\w+)*\(/m);
  }
}

describe("every promise links to files that have tests", () => {
  test.each([
    ["docs/delivery.md", "What it guarantees", 17],
    ["docs/journal.md", "What it promises", 10],
  ])("in %s, %s", (document, heading, atLeast) => {
    const promises = rowsOf(section(document, heading));
    expect(promises.length).toBeGreaterThanOrEqual(atLeast);
    for (const promise of promises) expectTests(document, promise);
  });

  test("and so does the comparison with the stock SDK in docs/delivery.md", () => {
    const document = "docs/delivery.md";
    expectTests(document, section(document, "Beside the stock SDK"));
  });
});
