/**
 * Makes `docs/report.png`: the report of the demo in Debian's chromium, after it checked itself.
 * Run it by `npm run docs:report`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SIZE = { width: 1200, height: 820 };

const folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
const [journal, page] = [join(folder, "governance.db"), join(folder, "report.html")];
const quorumlog = (...argv: string[]): unknown =>
  execFileSync(process.execPath, [join(ROOT, "dist/quorumlog.cjs"), ...argv], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
quorumlog("demo", journal);
quorumlog("report", "governance.db", "--key", "governance.db.vkey", "--out", page);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const tab = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await tab.goto(pathToFileURL(page).href);
  await tab
    .locator("#verifier textarea")
    .first()
    .fill(readFileSync(`${journal}.vkey`, "utf8"));
  await tab.getByRole("button", { name: "Check", exact: true }).click();
  await tab.locator("#verdict:not(.verdict-unknown)").waitFor();
  await tab.screenshot({ path: join(ROOT, "docs/report.png") });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
