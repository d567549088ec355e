import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anchor } from "../../src/report/html.js";
import { isWellWritten } from "../../src/report/section-grammar.js";
import { visible } from "../../src/text/safe-text.js";
import { quorumlog } from "../fixtures/command-line.js";
import { noteOf, ORIGIN, VKEY } from "../fixtures/evidence.js";
import { HOSTILE, hostileLines } from "../fixtures/hostile-log.js";
import { sectionOf } from "../fixtures/report-page.js";

/** One tag of a page, and what stands in it. */
interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const ELEMENTS: readonly string[] = (
  "a b body button caption code data dd defs desc details div dl dt em figcaption figure footer g h1 h2 " +
  "h3 header i li line main nav noscript ol p path pattern pre rect section span strong summary svg table " +
  "tbody td text th thead time title tr tspan ul"
).split(" ");
const TAG =
  /<(?<name>\/?[a-z][a-z0-9]*)(?<attributes>(?: [a-z][a-z0-9-]*(?:="[^"<>]*")?)*) ?\/?>/gi;
const ATTRIBUTE = / (?<name>[a-z][a-z0-9-]*)(?:="(?<value>[^"]*)")?/gi;
const SECTION = /((<section id="\w+">\n<h2>[^<]*<\/h2>).*?<\/section>)/gs;

/** Reads a page as strictly as it is written: what is no tag of that form must not have a `<`. */
function tagsOf(html: string): Tag[] {
  const rest = html.replaceAll(TAG, "");
  const stray = rest.search(/[<>]/);
  expect(stray === -1 ? "" : rest.slice(stray, stray + 80)).toBe("");
  return [...html.matchAll(TAG)].map(({ groups = {} }) => ({
    name: (groups["name"] ?? "").toLowerCase(),
    attributes: new Map(
      [...(groups["attributes"] ?? "").matchAll(ATTRIBUTE)].map((match) => [
        match.groups?.["name"] ?? "",
        match.groups?.["value"] ?? "",
      ]),
    ),
  }));
}

/** The body of a page up to the data behind it, without our script, which is the first in it. */
function bodyOf(page: string): string {
  const body = page.slice(page.indexOf("<body>"), page.indexOf("<script type="));
  return body.replace(/<script>.*?<\/script>/s, "");
}

describe("a report of a hostile log", () => {
  let page: string;
  let cwd: string;
  let path: string;
  let tags: readonly Tag[];
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), "quorumlog-"));
    const lines = hostileLines(ORIGIN);
    writeFileSync(join(cwd, "log.ndjson"), `${lines.join("\n")}\n`);
    writeFileSync(join(cwd, "log.ndjson.checkpoint"), await noteOf(lines));
    const title = HOSTILE.slice(0, 12).join(" ").replaceAll("\0", "");
    path = join(cwd, "report.html");
    const argv = ["report", "log.ndjson", "--title", title, "--out", path];
    const done = await quorumlog(argv, { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("reported in")]);
    page = readFileSync(path, "utf8");
    tags = tagsOf(bodyOf(page));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  test("has the elements and attributes of any report, and nothing that acts", () => {
    const names = new Set(tags.map(({ name }) => name.replace("/", "")));
    expect([...names].filter((name) => !ELEMENTS.includes(name))).toEqual([]);
    const attributes = new Set(tags.flatMap(({ attributes }) => [...attributes.keys()]));
    expect([...attributes].filter((name) => /^on|^style$|^src|^action$/.test(name))).toEqual([]);
    const links = tags.flatMap(({ attributes }) => attributes.get("href") ?? []);
    expect(links.filter((href) => !/^#[\w.:-]+$/.test(href))).toEqual([]);
  });

  test("has each id once, and each link leads to one", () => {
    const ids = tags.flatMap(({ attributes }) => attributes.get("id") ?? []);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(Math.max(...ids.map(({ length }) => length))).toBeLessThan(130);
    const links = new Set(tags.flatMap(({ attributes }) => attributes.get("href")?.slice(1) ?? []));
    expect([...links].filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("shows no character that nobody can see, and all others as text", () => {
    expect(/[^\n\P{C}]|[\u2028\u2029\u200b\ufeff]/u.exec(bodyOf(page))).toBe(null);
    const shown = sectionOf(page, "cases");
    for (const text of HOSTILE)
      expect(shown).toContain(visible(text).replaceAll(/\s+/g, " ").slice(0, 900));
  });

  test("has sections that a part of a log could have", () => {
    for (const [, section = "", head = ""] of page.matchAll(SECTION))
      if (!/"(?:verification|population|entries|limitations)"/.test(head))
        expect([head, isWellWritten(section, head)]).toEqual([head, true]);
  });

  test("is, byte for byte, what verify makes of its evidence", async () => {
    const { code, stderr } = await quorumlog(["verify", path, "--key", VKEY]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("byte for byte")]);
  });
});

describe("an anchor", () => {
  test("of one id is never that of another, also where somebody chose it so", () => {
    const spaced = anchor("proposal", "a b");
    expect(anchor("proposal", spaced.slice("proposal-".length))).not.toBe(spaced);
    const long = "x".repeat(1000);
    expect(anchor("subject", long)).not.toBe(anchor("subject", `${long}y`));
    expect(anchor("subject", long).length).toBeLessThan(100);
  });
});
