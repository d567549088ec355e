import { describe, expect, test } from "vitest";
import { ORIGIN, VKEY } from "../fixtures/evidence.js";
import { HOSTILE, hostileLines } from "../fixtures/hostile-log.js";
import {
  expectNoFaults,
  HAS_BROWSER,
  open,
  shownVerdicts,
  useBrowser,
  verdictAfter,
} from "./chromium.js";
import { reported } from "./reports.js";

/** What an element of the page would have that came out of an entry. */
const FOREIGN =
  "img, iframe, object, embed, form, base, template, link, u, [onmouseover], [onerror], [style], " +
  "a[href^='javascript:'], script:not([type]) ~ script:not([type]), style ~ style";

describe.runIf(HAS_BROWSER)("a report of a hostile log", () => {
  useBrowser();

  test("is text in a browser, verifies, and fits its window", async () => {
    const { html, lines } = await reported(hostileLines(ORIGIN));
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      await using opened = await open(html, { viewport });
      const { page } = opened;
      expect(await page.locator(FOREIGN).count()).toBe(0);
      const rows = page.locator('table[data-table="entries"] tbody tr');
      expect(await rows.count()).toBe(lines.length);
      expect(await page.locator("#cases .case").count()).toBe(HOSTILE.length + 1);
      expect(await page.locator("main > section").count()).toBe(10);
      await page.locator("#key").fill(VKEY);
      expect(await verdictAfter(page, "#check")).toContain("The evidence is verified");
      expect(await shownVerdicts(page)).toBe("verified verified verified");
      const overflow = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow).toBeLessThanOrEqual(0);
      expectNoFaults(opened);
    }
  });

  test("leads from a link to the case of each hostile id", async () => {
    const { html } = await reported(hostileLines(ORIGIN));
    await using opened = await open(html);
    const { page } = opened;
    const broken = await page.evaluate<string[]>(
      "[...document.querySelectorAll('main a[href^=\"#\"]')].map(({ hash }) => hash.slice(1))" +
        ".filter((id) => document.querySelectorAll('#' + CSS.escape(id)).length !== 1)",
    );
    expect(broken).toEqual([]);
    expectNoFaults(opened);
  });

  test("finds entries by hostile text, and copies them as CSV", async () => {
    const { html } = await reported(hostileLines(ORIGIN));
    await using opened = await open(html, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = opened;
    const [text = ""] = HOSTILE;
    await page.locator("#search-actorDid").fill(text);
    await expect.poll(() => page.locator("#found").innerText()).toMatch(/^6 of /);
    await page.locator('table[data-table="entries"] caption button').click();
    const csv = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(csv).toContain("alert(1)");
    expectNoFaults(opened);
  });
});
