import { describe, expect, test } from "vitest";
import { lineOf, noteOf, ORIGIN, VKEY } from "../fixtures/evidence.js";
import { newKey } from "../fixtures/signed-notes.js";
import {
  expectNoFaults,
  failedRows,
  HAS_BROWSER,
  open,
  shownVerdicts,
  useBrowser,
  verdictAfter,
} from "./chromium.js";
import { otherHash, reported, withEvidence } from "./reports.js";

describe.runIf(HAS_BROWSER)("the check of a report in a browser", () => {
  useBrowser();

  test("judges what is there, and leaves authenticity open until the key is given", async () => {
    const { html } = await reported(40);
    await using opened = await open(html);
    const { page } = opened;
    expect(await page.locator("#verdict").innerText()).toBe("not checked in this browser yet");
    expect(await verdictAfter(page, "#check")).toContain("unknown until you give the key");
    expect(await shownVerdicts(page)).toBe("verified verified unknown");
    await page.locator("#key").fill(VKEY);
    expect(await page.locator(".fingerprint").innerText()).toContain(`Key of ${ORIGIN} (ed25519)`);
    expect(await verdictAfter(page, "#check")).toContain("The evidence is verified");
    expect(await shownVerdicts(page)).toBe("verified verified verified");
    expect(await page.locator("#outcome li").first().innerText()).toContain("were not");
    await page.locator("#key").fill(newKey(ORIGIN).verifierKey.vkey);
    expect(await verdictAfter(page, "#check")).toBe("Failed.");
    expect(await shownVerdicts(page)).toContain("failed");
    await page.locator("#key").fill("no key");
    expect(await verdictAfter(page, "#check")).toContain("Could not be checked");
    expectNoFaults(opened);
  });

  test("says of a forged section that it was not compared with the evidence", async () => {
    const { html } = await reported(6);
    const forged = html.replace(/(<section id="exceptions">).*?(?=<\/section>)/s, "$1Nothing.");
    expect(forged).not.toBe(html);
    await using opened = await open(forged);
    await opened.page.locator("#key").fill(VKEY);
    const verdict = await verdictAfter(opened.page, "#check");
    expect(verdict).toMatch(/^The evidence is verified .* The rest of the page was not compared/);
    const first = opened.page.locator("#outcome li").first();
    expect(await first.innerText()).toContain("exceptions, cases and subjects were not");
  });

  test("rests on a checkpoint that the reader kept, and fails against another history", async () => {
    const { html, note, lines } = await reported(12);
    await using opened = await open(html);
    const { page } = opened;
    await page.locator("#kept").fill(note);
    expect(await verdictAfter(page, "#check")).toContain("The evidence is verified");
    await page.locator("#kept").fill(await noteOf([...lines.slice(0, -1), lineOf(11)]));
    expect(await verdictAfter(page, "#check")).toContain("Failed");
  });

  test("shows a changed byte of a line at its sequence, also where the page shows it", async () => {
    const { html } = await reported(40);
    const changed = withEvidence(html, ({ entries }) => {
      const entry = entries[13];
      if (entry !== undefined) entry.line = entry.line.replace("urn:pqc", "urn:pqd");
    });
    await using opened = await open(changed);
    expect(await verdictAfter(opened.page, "#check")).toBe("Failed, at entry 13.");
    expect(await failedRows(opened.page)).toEqual(["seq-13"]);
    expectNoFaults(opened);
    await using shown = await open(html.replace(/(id="seq-7".*?vote_id.*?urn:)pqc/s, "$1pqd"));
    await verdictAfter(shown.page, "#check");
    expect(await failedRows(shown.page)).toEqual(["seq-7"]);
  });

  test("fails where a byte of the proof or of the checkpoint was changed", async () => {
    const { html } = await reported(40, "--proposal", "urn:pqc-gov-prop:1");
    await using whole = await open(html);
    await whole.page.locator("#key").fill(VKEY);
    expect(await verdictAfter(whole.page, "#check")).toContain("The evidence is verified in part");
    expect(await whole.page.locator("#verdict").getAttribute("class")).toBe("verdict-unknown");
    expect(await shownVerdicts(whole.page)).toBe("verified unknown verified");
    const inProof = withEvidence(html, (bundle) => {
      bundle.proof[0] = otherHash(bundle.proof[0] ?? "");
    });
    const inCheckpoint = withEvidence(html, (bundle) => {
      const lines = bundle.checkpoint.split("\n");
      lines[2] = otherHash(lines[2] ?? "");
      bundle.checkpoint = lines.join("\n");
    });
    for (const changed of [inProof, inCheckpoint]) {
      await using opened = await open(changed);
      expect(await verdictAfter(opened.page, "#check")).toContain("Failed");
      await opened.page.locator("#key").fill(VKEY);
      expect(await verdictAfter(opened.page, "#check")).toContain("Failed");
    }
  });

  test("can be seen to fail, by a button that changes one byte of a copy", async () => {
    const { html } = await reported(40, "--proposal", "urn:pqc-gov-prop:1");
    await using opened = await open(html);
    const { page } = opened;
    for (const place of ["line", "proof", "checkpoint"]) {
      await page.locator("#tamper-where").selectOption(place);
      expect(await verdictAfter(page, "#tamper")).toContain("the check failed, as it must");
      expect(await failedRows(page)).not.toEqual([]);
    }
    expect(await verdictAfter(page, "#check")).toContain("unknown until you give the key");
    expect(await failedRows(page)).toEqual([]);
    expectNoFaults(opened);
    await using whole = await open((await reported(6)).html);
    const inProof = whole.page.locator('#tamper-where option[value="proof"]');
    expect(await inProof.isDisabled()).toBe(true);
    expect(await inProof.innerText()).toContain("whole log has none");
  });
});
