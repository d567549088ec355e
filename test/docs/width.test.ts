import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const WIDTH = 100;
const DOCUMENTS = globSync(
  ["*.md", "docs/**/*.md", "examples/**/*.md", "bench/*.md", "deploy/*.md"],
  { cwd: ROOT },
).sort();

/** Blocks that show what a program prints or is asked, as it is. */
const OUTPUT = /^(?:text|console|json|logql)$/;
const FENCE = /^\s*(?<marks>`{3,})(?<language>\w*)/;

/** The lines of a document that a reader has to scroll sideways for, tables and outputs aside. */
function tooWide(markdown: string): string[] {
  let block: { readonly marks: string; readonly isOutput: boolean } | undefined;
  return markdown.split("\n").flatMap((line, index) => {
    const { marks, language = "" } = FENCE.exec(line)?.groups ?? {};
    if (block !== undefined && marks === block.marks && language === "") block = undefined;
    else if (block === undefined && marks !== undefined)
      block = { marks, isOutput: OUTPUT.test(language) };
    const mayBeWide = block?.isOutput === true || line.startsWith("|") || !/\S\s+\S/.test(line);
    return mayBeWide || [...line].length <= WIDTH ? [] : [`${index + 1}: ${line}`];
  });
}

describe("the documents", () => {
  test.each(DOCUMENTS)("%s is wrapped at 100 columns", (document) => {
    expect(tooWide(readFileSync(resolve(ROOT, document), "utf8"))).toEqual([]);
  });
});

describe("the check of the width", () => {
  const wide = `${"word ".repeat(20)}end`;

  test.each([
    ["prose", wide, 1],
    ["code", `\`\`\`ts\n// ${wide}\n\`\`\``, 1],
    ["prose behind an output", `\`\`\`text\n\`\`\`\n${wide}`, 1],
    ["a table", `| ${wide} |`, 0],
    ["an output", `\`\`\`text\n${wide}\n\`\`\``, 0],
    ["a line that is one word", "x".repeat(120), 0],
  ])("finds what it should in %s", (_, markdown, count) => {
    expect(tooWide(markdown)).toHaveLength(count);
  });
});
