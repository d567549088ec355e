import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorOf } from "../../scripts/markdown.ts";

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

test("README.md names what an installed package has, and the folders that its links leave it for", () => {
  const { files } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
  const readme = readFileSync(resolve(ROOT, "README.md"), "utf8");
  const [sentence = ""] = /An installed package has[^.]*(?:\.\w[^.]*)*\./.exec(readme) ?? [];
  const shipped = files.filter((file: string) => !/^!|^dist\b/.test(file)).sort();
  const named = [...sentence.matchAll(/`([\w.]+)\/?`/g)].map(([, name = ""]) => name);
  expect(named.sort()).toEqual(shipped);
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

/** The anchors of headings as GitHub and GitLab make them: a repeated one gets a number. */
function anchorsOf(markdown: string): Set<string> {
  const uses = new Map<string, number>();
  const anchors = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
    const anchor = anchorOf(heading);
    const count = uses.get(anchor) ?? 0;
    uses.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(anchors);
}
