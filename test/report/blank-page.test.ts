import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingInNotes } from "../../scripts/release-notes.ts";
import { pageScript } from "../../src/report/page-script.js";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

const scriptIn = (html: string): string => /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? "";
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("the verifier in pages", () => {
  test("has the same bytes in every page, with the hash that the page and the command print", async () => {
    const { path } = await signedJournal(6);
    const cwd = temporaryFolder();
    const run = (...argv: string[]) => quorumlog(["report", ...argv], { cwd });
    const { stdout } = await run("--verifier-hash");
    await run(path, "--out", "whole.html");
    await run(path, "--out", "part.html", "--proposal", "p1", "--title", "Another");
    await run("--blank", "--out", "verifier.html");
    for (const name of ["whole.html", "part.html", "verifier.html"]) {
      const html = readFileSync(join(cwd, name), "utf8");
      expect(hashOf(scriptIn(html))).toBe(stdout.trim());
      expect(html).toContain(stdout.trim());
      expect(html).toContain(`script-src ${pageScript().csp};`);
    }
  });

  test("is named in the notes of a release, or npm does not publish it", async () => {
    const { stdout } = await quorumlog(["report", "--verifier-hash"], { cwd: temporaryFolder() });
    const hash = stdout.trim();
    const notes = (text: string) =>
      `# Changelog\n\n## [1.2.3] 2027-01-01\n\n${text}\n\n## [1.2.2]\n`;
    expect(missingInNotes(notes(`Verifier: ${hash}`), "1.2.3", hash)).toBe(undefined);
    expect(missingInNotes(notes(""), "1.2.3", hash)).toContain(`SHA-256 ${hash}`);
    expect(missingInNotes(notes(hash), "1.2.2", hash)).toContain("lacks");
    expect(missingInNotes(notes(hash), "1.3.0", hash)).toContain("no section");
  });

  test("comes with the licence of each library in it", () => {
    for (const name of ["@noble/curves", "@noble/hashes", "@noble/post-quantum"])
      expect(pageScript().licences).toContain(`${name} `);
  });

  test("without a log takes no source and no condition", async () => {
    const cwd = temporaryFolder();
    const run = (...argv: string[]) => quorumlog(["report", ...argv], { cwd });
    expect(await run("--blank", "--out", "v.html", "log.db")).toMatchObject({ code: 2 });
    expect(await run("--blank", "--out", "v.html", "--title", "T")).toMatchObject({ code: 2 });
    expect(await run("--verifier-hash", "log.db")).toMatchObject({ code: 2 });
    expect(await run("--blank", "--out", "-")).toMatchObject({ code: 0 });
  });
});
