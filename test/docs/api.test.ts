import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { docsOf } from "../../scripts/api-model.ts";
import { anchorOf, cell, wrapped } from "../../scripts/markdown.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const REPORTS = globSync("api/*.api.md", { cwd: ROOT }).sort();
const PAGES = globSync("docs/api/*.md", { cwd: ROOT }).sort();
const read = (path: string): string => readFileSync(resolve(ROOT, path), "utf8");

/** The page of a report, and what its table of contents and its table of constants name. */
function pageOf(report: string): { readonly text: string; readonly named: ReadonlySet<string> } {
  const text = read(`docs/api/${basename(report, ".api.md")}.md`);
  const rows = [...text.matchAll(/^\| (?:\[`(\w+)`\]\([^)]+\)|`(\w+)`) \|/gm)];
  return { text, named: new Set(rows.map(([, link, constant]) => link ?? constant ?? "")) };
}

describe("the reference in docs/api", () => {
  test("names every subpath that is built, and no other", () => {
    const { exports } = JSON.parse(read("package.json"));
    const subpaths = Object.keys(exports).filter(
      (path) => exports[path].types !== undefined && existsSync(resolve(ROOT, exports[path].types)),
    );
    const rows = [...read("docs/api/README.md").matchAll(/^\| \[`(quorumlog[\w/]*)`/gm)];
    expect(rows.map(([, path]) => path).sort()).toEqual(
      subpaths.map((path) => path.replace(".", "quorumlog")).sort(),
    );
  });

  test.each(REPORTS)("has every export of %s", (report) => {
    const exported = [...read(report).matchAll(/^export (?:abstract )?\w+ (\w+)/gm)];
    const { named } = pageOf(report);
    expect(exported.length).toBeGreaterThan(0);
    for (const [, name = ""] of exported) expect(named, name).toContain(name);
  });

  test.each(REPORTS)("describes each method of the classes of %s", (report) => {
    const { text } = pageOf(report);
    for (const [, name = "", body = ""] of read(report).matchAll(
      /^export (?:abstract )?class (\w+).*?\{\n(.*?)^\}/gms,
    )) {
      if (!text.includes(`\n### ${name}\n`)) continue; // described on another page
      for (const [, method] of body.matchAll(/^ {4}(?:static )?(\w+)(?:<.+?>)?\(/gm)) {
        const heading = method === "constructor" ? `new ${name}()` : `${name}.${method}()`;
        expect(text).toContain(`\n#### ${heading}\n`);
      }
    }
  });

  test("links to nothing outside of docs, so that all links work in the package", () => {
    for (const page of PAGES) {
      const links = [...read(page).matchAll(/\]\(([^)#]+)/g)].map(([, link = ""]) => link);
      const outside = links.filter((link) => !/^(?:https:|(?:\.\.\/)?[\w-]+\.md$)/.test(link));
      expect(outside, page).toEqual([]);
    }
  });

  test("has tables whose rows have as many cells as their heads", () => {
    for (const page of [...PAGES, "docs/options.md"]) {
      const tables = read(page).matchAll(/(?:^\|.*\n)+/gm);
      for (const [text] of tables) {
        const cells = text
          .trim()
          .split("\n")
          .map((row) => row.split(/(?<!\\)\|/).length);
        expect(new Set(cells).size, text).toBe(1);
      }
    }
  });

  test("shows defaults, errors by code and examples", () => {
    expect(read("docs/api/delivery.md")).toMatch(/\| `delayMillis\?` \| `number` \| .*1000 \|/);
    expect(read("docs/api/testing.md")).toContain("[`invalid_options`](../errors.md)");
    expect(read("docs/api/quorumlog.md")).toContain(
      "**Example:** From a vote to its entry\n\n```ts",
    );
  });
});

describe("docs/options.md", () => {
  test("has every option of a log, of a delivery and of verify, with its default", () => {
    const rows = new Map(
      [
        ...read("docs/options.md").matchAll(/^\| `([\w.]+)\??` \| (.+?) \| (.*?) \| (.+) \|$/gm),
      ].map(([, name = "", ...cells]) => [name, cells] as const),
    );
    for (const report of ["quorumlog", "delivery", "verify"])
      for (const [, name = "", body = ""] of read(`api/${report}.api.md`).matchAll(
        /^export interface (\w+Options)\b.*?\{\n(.*?)^\}/gms,
      )) {
        if (/ErrorOptions$/.test(name)) continue;
        for (const [, option = ""] of body.matchAll(/^ {4}(?:readonly )?(\w+)\??:/gm))
          expect(rows.has(option), `${name}.${option}`).toBe(true);
      }
    expect(rows.get("maxEntries")?.[1]).toContain("100 000");
    expect(rows.get("checkpointEvery.millis")).toEqual([
      "`number`, in ms",
      expect.stringContaining("60 000"),
      expect.any(String),
    ]);
  });
});

describe("the generator of the reference", () => {
  test("takes a comment apart at its tags, and leaves those in code alone", () => {
    const docComment =
      "/**\n * Sums.\n *\n * @param a - the\n * first\n *\n * @throws\n *\n * `E`.\n *\n * @example\n *\n * One\n * ```ts\n * @dec\n * ```\n */\n";
    expect(docsOf({ kind: "Function", docComment })).toEqual({
      text: "Sums.",
      params: [{ name: "a", text: "the\nfirst" }],
      returns: "",
      throws: "`E`.",
      defaultValue: "",
      examples: ["One\n```ts\n@dec\n```"],
    });
  });

  test("wraps prose and lists at 100 columns, and leaves tables and code alone", () => {
    const words = "word ".repeat(30).trim();
    const lines = wrapped(
      `${words}\n\n- ${words}\n- b\n\n| ${words} |\n\n\`\`\`\n${words}\n\`\`\``,
    );
    expect(lines.split("\n")).toEqual([
      "word ".repeat(20).trim(),
      "word ".repeat(10).trim(),
      "",
      `- ${"word ".repeat(19).trim()}`,
      `  ${"word ".repeat(11).trim()}`,
      "- b",
      "",
      `| ${words} |`,
      "",
      "```",
      words,
      "```",
    ]);
  });

  test("breaks no link and no code span", () => {
    const piece = `[\`${"a ".repeat(19)}\`](b.md)`;
    expect(wrapped(`${piece} ${piece} ${piece}`).split("\n")).toEqual([`${piece} ${piece}`, piece]);
  });

  test.each([
    ["new Journal()", "new-journal"],
    ["A.b_c()", "ab_c"],
    ["X\\[Symbol.asyncDispose\\]()", "xsymbolasyncdispose"],
  ])("makes of %j the anchor %j", (heading, anchor) => expect(anchorOf(heading)).toBe(anchor));

  test("keeps a table's cell on one line, and its bars apart from those of the table", () => {
    expect(cell("a\n  b | c \\| d\n")).toBe("a b \\| c \\| d");
  });
});
