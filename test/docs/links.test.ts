import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENTS = globSync(["*.md", "docs/**/*.md", "examples/**/*.md", "bench/*.md"], {
  cwd: ROOT,
}).sort();

describe("the documents", () => {
  test.each(DOCUMENTS)(
    "%s links to files that exist, and to headings that they have",
    (document) => {
      const broken = linksOf(document).filter((link) => !leadsSomewhere(document, link));
      expect(broken).toEqual([]);
    },
  );
});

function linksOf(document: string): string[] {
  const text = readFileSync(resolve(ROOT, document), "utf8").replaceAll(/^```.*?^```$/gms, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? resolve(ROOT, document) : resolve(ROOT, dirname(document), path);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(readFileSync(target, "utf8")).has(heading);
}

/** The anchors of headings as GitHub makes them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] as string).toLowerCase(),
  );
  return new Set(
    headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}\- ]/gu, "").replaceAll(" ", "-")),
  );
}
