import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { leafHash } from "../../src/entry/line.js";
import { blankPage } from "../../src/report/blank-page.js";
import { quorumlog } from "../fixtures/command-line.js";
import { linesOf, noteOf, VKEY } from "../fixtures/evidence.js";
import {
  expectNoFaults,
  HAS_BROWSER,
  open,
  shownVerdicts,
  useBrowser,
  verdictAfter,
  written,
} from "./chromium.js";
import { reported } from "./reports.js";

/** Comes with Chromium where the tests install it. */
const HAS_PDFTOTEXT = existsSync("/usr/bin/pdftotext");
if (HAS_BROWSER && !HAS_PDFTOTEXT)
  console.warn("!!! SKIPPED: the print of a report: there is no pdftotext (poppler-utils)");

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds wrong. The page's policy lets no script in, so it is run from outside. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"));
  const run =
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))";
  return page.evaluate<string[]>(run);
}

/** The entries that a search shows. */
async function found(page: Page): Promise<number[]> {
  const ids = await page
    .locator('table[data-table="entries"] tbody tr:not([hidden])')
    .evaluateAll((rows) => rows.map(({ id }) => id));
  return ids.map((id) => Number(id.replace("seq-", "")));
}

describe.runIf(HAS_BROWSER)("a report", () => {
  useBrowser();

  test("is readable without JavaScript, and asks for nothing", async () => {
    const { html, lines } = await reported(30);
    await using opened = await open(html, { javaScriptEnabled: false });
    const { page } = opened;
    expect(await page.locator('table[data-table="entries"] tbody tr').count()).toBe(lines.length);
    expect(await page.locator("#verdict").innerText()).toBe("not checked in this browser yet");
    expect(await page.locator("#check").count()).toBe(0);
    expect(await page.locator("#verification").innerText()).toContain("A forged page could say");
    expectNoFaults(opened);
  });

  test("answers a press at once, before it has read the evidence", async () => {
    const { html } = await reported(40);
    await using opened = await open(html.replace(/(id="evidence">)[^<]*/, "$1AAAA"));
    const { page } = opened;
    const said = await page.evaluate<string>(
      "document.querySelector('#check').click(), document.querySelector('#verdict').textContent",
    );
    expect(said).toBe("checking …");
    await page.locator("#verdict", { hasText: "Could not be checked" }).waitFor();
    expectNoFaults(opened);
  });

  test.runIf(HAS_PDFTOTEXT)("prints every entry, also what was folded", async () => {
    const { html, lines } = await reported(40);
    await using opened = await open(html);
    const { page } = opened;
    await page.locator("#fold").click();
    const printed = written("report.pdf", await page.pdf({ preferCSSPageSize: true }));
    const text = execFileSync("pdftotext", ["-raw", printed, "-"], { encoding: "utf8" });
    const joined = text.replaceAll(/\s/g, "");
    const missing = lines.filter((line) => !joined.includes(leafHash(line)));
    expect(missing).toEqual([]);
    expect(text.replaceAll(/\s+/g, " ")).toContain("A forged page could say anything");
    expect(text.match(/^Leaf hash$|Canonical line/gm)?.length).toBeGreaterThan(1);
  });

  test("searches as the library does, sorts, and copies as CSV", async () => {
    const { cwd, html } = await reported(60);
    await using opened = await open(html, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = opened;
    const conditions = [
      ["operation", "--operation", "vote_cast"],
      ["decision", "--decision", "approve"],
      ["actorDid", "--actor", "did:pqaid:node-3"],
    ] as const;
    const flags: string[] = [];
    for (const [name, flag, value] of conditions) {
      await page.locator(`#search-${name}`).fill(value);
      flags.push(flag, value);
      const argv = ["query", "log.ndjson", ...flags, "--order", "oldest", "--json", "--limit", "0"];
      const { stdout } = await quorumlog(argv.slice(0, -2), { cwd });
      const sequences = [...stdout.matchAll(/"sequence":\s*(\d+)/g)].map(([, it]) => Number(it));
      expect(sequences.length).toBeGreaterThan(0);
      await expect.poll(() => found(page)).toEqual(sequences);
    }
    const rows = await found(page);
    await page.locator('table[data-table="entries"] caption button').click();
    const csv = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(csv.trim().split("\n")).toHaveLength(rows.length + 1);
    const head = page.locator('table[data-table="entries"] thead th').first();
    await head.locator("button").click();
    await head.locator("button").click();
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    expect(await found(page)).toEqual(rows.toReversed());
    expectNoFaults(opened);
  });

  test("fits a phone and a desk, and says where a table has more at its side", async () => {
    const { html } = await reported(60);
    for (const width of [320, 390, 768, 1024, 1280]) {
      await using opened = await open(html, { viewport: { width, height: 800 } });
      const { page } = opened;
      await page.evaluate(
        "document.styleSheets[0].insertRule('* { content-visibility: visible !important }', 0)",
      );
      const wide = await page.evaluate<{ name: string }[]>(
        `[...document.querySelectorAll(".scroll, .drawing")]
          .filter((region) => region.scrollWidth > region.clientWidth)
          .map((region) => ({
            name: region.getAttribute("aria-label"),
            isReached: region.tabIndex === 0,
            hasShade: getComputedStyle(region).backgroundImage.includes("gradient"),
          }))`,
      );
      if (width === 1280) expect(wide).toEqual([]);
      for (const region of wide)
        expect(region).toEqual({ name: expect.any(String), isReached: true, hasShade: true });
      const isWhole = "document.documentElement.scrollWidth <= innerWidth";
      expect(await page.evaluate<boolean>(isWhole), `${width} pixels`).toBe(true);
    }
  });

  test("writes numbers as its reader does, and times in UTC", async () => {
    const { html } = await reported(1100);
    await using german = await open(html, { locale: "de-DE", timezoneId: "Asia/Kolkata" });
    const facts = await german.page.locator("#population").innerText();
    expect(facts).toContain("1.100 entries");
    expect(facts).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/);
    await using arabic = await open(html, { locale: "ar-EG" });
    const { page } = arabic;
    const written = ".figures dd, data, tspan[data-number], #picture-votes figcaption, #sample > p";
    for (const text of await page.locator(written).allTextContents())
      expect(text).not.toMatch(/[0-9]/);
    const counts = page.locator('table[data-table="votes over time"] td:last-child');
    await expect.poll(() => counts.first().textContent(), { timeout: 100_000 }).toMatch(/^[٠-٩]+$/);
    await using plain = await open(html, { locale: "ar-EG", javaScriptEnabled: false });
    expect(await plain.page.locator("#population").innerText()).toContain("1100 entries");
    expectNoFaults(arabic);
  });

  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["forced colours", { forcedColors: "active" }],
    ["a phone", { viewport: { width: 390, height: 844 } }],
  ] as const)("has nothing that axe-core objects to: %s", async (_, options) => {
    const { html } = await reported(40);
    await using opened = await open(html, options);
    await verdictAfter(opened.page, "#check");
    expect(await violations(opened.page)).toEqual([]);
    await using blank = await open(blankPage(), options);
    expect(await violations(blank.page)).toEqual([]);
  });
});

describe.runIf(HAS_BROWSER)("verifier.html", () => {
  useBrowser();

  test("takes a report, a bundle, a proof, an export, a checkpoint and a key", async () => {
    const { cwd, lines, note } = await reported(40);
    const run = (...argv: string[]) => quorumlog(argv, { cwd });
    await run("prove", "log.ndjson", "--proposal", "urn:pqc-gov-prop:1", "--out", "p.json");
    await run("prove", "log.ndjson", "--sequence", "3", "--out", "3.tlog-proof");
    writeFileSync(join(cwd, "log.vkey"), `${VKEY}\n`);
    writeFileSync(join(cwd, "kept.txt"), note);
    const give = async (...names: string[]) => {
      const opened = await open(blankPage());
      await opened.page.locator("#files").setInputFiles(names.map((name) => join(cwd, name)));
      await opened.page.locator(`#given li:nth-child(${names.length})`).waitFor();
      return opened;
    };
    for (const [verdicts, ...names] of [
      ["verified verified verified", "report.html", "log.vkey"],
      ["verified verified verified", "log.ndjson", "log.ndjson.checkpoint", "log.vkey"],
      ["verified verified verified", "log.ndjson", "kept.txt"],
      ["verified unknown verified", "p.json", "log.vkey"],
      ["verified unknown verified", "3.tlog-proof", "log.vkey"],
      ["verified verified unknown", "report.html"],
    ] as const) {
      await using opened = await give(...names);
      await verdictAfter(opened.page, "#check");
      expect(await shownVerdicts(opened.page)).toBe(verdicts);
      expectNoFaults(opened);
    }
    // another file: what was found out is about the one before
    await using next = await give("report.html", "log.vkey");
    expect(await verdictAfter(next.page, "#check")).toContain("The evidence is verified");
    expect(await next.page.locator("#outcome li").first().innerText()).toContain("were not");
    expect(await next.page.locator(".trust").count()).toBe(0);
    writeFileSync(join(cwd, "broken.json"), '{"format":"quorumlog/evidence-bundle"}');
    await next.page.locator("#files").setInputFiles([join(cwd, "broken.json")]);
    await next.page.locator("#given li:nth-child(3)").waitFor();
    expect(await next.page.locator("#verdict").innerText()).toContain("not checked");
    expect(await verdictAfter(next.page, "#check")).not.toContain("Verified");
    writeFileSync(join(cwd, "cut.ndjson"), `${lines.slice(0, 20).join("\n")}\n`);
    await using cut = await give("cut.ndjson", "kept.txt");
    await verdictAfter(cut.page, "#check");
    expect(await shownVerdicts(cut.page)).toContain("failed");
    writeFileSync(join(cwd, "log.csv"), "sequence,timestamp,operation,\n");
    await using refused = await give("log.csv");
    expect(await refused.page.locator("#given").innerText()).toContain("nothing can verify");
    expect(await refused.page.locator("#check").isDisabled()).toBe(true);
  });

  test("checks a large export in a worker, and says how far it is", async () => {
    const size = Number(process.env["EXPORT_BYTES"] ?? 5_000_000);
    const lines = linesOf(Math.ceil(size / 400));
    const file = written("large.ndjson", `${lines.join("\n")}\n`);
    const kept = written("kept.txt", await noteOf(lines));
    await using opened = await open(blankPage());
    const { page } = opened;
    await page.locator("#files").setInputFiles([file, kept]);
    await page.locator("#given li:nth-child(2)").waitFor();
    await page.evaluate(
      "window.seen = []; new MutationObserver(() => seen.push(document.querySelector('progress').value))" +
        ".observe(document.querySelector('progress'), { attributes: true })",
    );
    expect(await verdictAfter(page, "#check")).toContain("Verified in this browser");
    const seen = await page.evaluate<number[]>("window.seen");
    expect(seen.some((value) => value > 0 && value < 1)).toBe(true);
    expectNoFaults(opened);
  });
});
