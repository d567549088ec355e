import { describe, expect, test } from "vitest";
import { ORIGIN, VKEY } from "../fixtures/evidence.js";
import {
  expectNoFaults,
  HAS_BROWSER,
  open,
  shownVerdicts,
  useBrowser,
  verdictAfter,
} from "./chromium.js";
import { smallPage, wholeLog } from "./small-page.js";

describe.runIf(HAS_BROWSER)("the check of a report in a browser", () => {
  useBrowser();

  test("judges integrity and completeness, and says that nobody vouches for the key", async () => {
    const { lines, bundle } = await wholeLog(40);
    await using opened = await open(smallPage(lines, bundle));
    expect(await verdictAfter(opened.page, "#check")).toContain("unknown until you give the key");
    expect(await shownVerdicts(opened.page)).toBe("verified verified unknown");
    expectNoFaults(opened);
  });

  test("is verified with the key, and shows its fingerprint", async () => {
    const { lines, bundle } = await wholeLog(40);
    await using opened = await open(smallPage(lines, bundle));
    await opened.page.locator("#key").fill(VKEY);
    expect(await opened.page.locator(".fingerprint").innerText()).toContain(`Key of ${ORIGIN}`);
    expect(await verdictAfter(opened.page, "#check")).toContain("Verified in this browser");
    expect(await shownVerdicts(opened.page)).toBe("verified verified verified");
    expectNoFaults(opened);
  });
});
