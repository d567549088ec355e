// Before a release, checks that its notes name the verifier that is in every page of it. An auditor
// who got a page compares the two. `npm publish` runs it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Says what the changelog lacks of a version; undefined if nothing. */
export function missingInNotes(
  changelog: string,
  version: string,
  verifierSha256: string,
): string | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const notes = sections.find((section) => section.startsWith(`[${version}]`));
  if (notes === undefined) return `CHANGELOG.md has no section "## [${version}]"`;
  return notes.includes(verifierSha256)
    ? undefined
    : `the section of ${version} in CHANGELOG.md lacks "Verifier of reports: SHA-256 ${verifierSha256}"`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const { version } = JSON.parse(read("../package.json")) as { version: string };
  const hash = createHash("sha256").update(read("../dist/report/page/script.js")).digest("hex");
  const missing = missingInNotes(read("../CHANGELOG.md"), version, hash);
  if (missing !== undefined) {
    console.error(missing);
    process.exitCode = 1;
  }
}
