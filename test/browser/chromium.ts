import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";

/** Where Debian puts its browser. */
const DEBIAN = "/usr/bin/chromium";

/** Why the browser cannot be had; undefined where it is there. */
function missing(): string | undefined {
  if (existsSync(DEBIAN)) return undefined;
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    return "there is no /usr/bin/chromium, and only root can install it on Debian";
  const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  for (const args of [["update"], ["install", "-y", "chromium", "poppler-utils"]])
    spawnSync("apt-get", args, options as Parameters<typeof spawnSync>[2]);
  return existsSync(DEBIAN) ? undefined : "apt-get could not install chromium";
}

const reason: string | undefined = missing();

/** Whether the tests can run. */
export const HAS_BROWSER: boolean = reason === undefined;
if (!HAS_BROWSER) console.warn(`!!! SKIPPED: tests in a browser: ${reason}`);

/** A page that was opened from a file, and what went wrong in it. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests other than for the file and its worker. */
  readonly faults: string[];
}

let browser: Browser | undefined;
let folder = "";

/** Starts the browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorumlog-browser-"));
    browser = await chromium.launch({ executablePath: DEBIAN, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Writes a file for the browser, and returns its path. */
export function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Opens a page by `file://`. */
export async function open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
  if (browser === undefined) throw new Error("call useBrowser first");
  const context = await browser.newContext(options);
  context.setDefaultTimeout(110_000); // a busy machine lays out a large page slowly
  const page = await context.newPage();
  const faults: string[] = [];
  const url = pathToFileURL(written("page.html", html)).href;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  context.on("request", (request) => {
    const address = request.url();
    if (address !== url && !address.startsWith("blob:")) faults.push(`request ${address}`);
  });
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** Presses a button, and waits for the verdict of the check that it starts. */
export async function verdictAfter(page: Page, press: string): Promise<string> {
  await page.locator(press).click();
  const verdict = page.locator("#verdict").filter({ hasNotText: /^(?:checking|not checked)/ });
  await verdict.waitFor();
  return verdict.innerText();
}

/** The three verdicts as the page shows them, in the order integrity, completeness, authenticity. */
export async function shownVerdicts(page: Page): Promise<string> {
  return (await page.locator("#outcome td").allInnerTexts()).join(" ");
}

/** The sequences of the rows that are marked as failed. */
export async function failedRows(page: Page): Promise<string[]> {
  const rows = await page.locator("tr[data-failed]").all();
  return Promise.all(rows.map(async (row) => (await row.getAttribute("id")) ?? ""));
}

/** Fails if the page made a request, or said an error. */
export function expectNoFaults({ faults }: Opened): void {
  expect(faults).toEqual([]);
}
