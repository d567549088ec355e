/**
 * Writes docs/api/ and docs/options.md. With `--check` it writes nothing, and fails if one of them
 * is out of date. It works on what `scripts/api-report.ts` left in `temp/api`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiPages } from "./api-model.ts";
import { ApiReference } from "./api-reference.ts";
import { optionsDocument } from "./options-docs.ts";

const DOCS = resolve(import.meta.dirname, "../docs");

/** Writes the files, by their path in docs/, and removes all others from docs/api. */
function main(files: ReadonlyMap<string, string>, isCheck: boolean): void {
  mkdirSync(resolve(DOCS, "api"), { recursive: true });
  const stale = readdirSync(resolve(DOCS, "api"))
    .map((name) => join("api", name))
    .filter((path) => !files.has(path));
  const outdated = [...files].filter(([path, text]) => {
    const file = resolve(DOCS, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
  if (!isCheck) {
    for (const path of stale) rmSync(resolve(DOCS, path));
    for (const [path, text] of outdated) writeFileSync(resolve(DOCS, path), text);
    return;
  }
  const paths = [...stale, ...outdated.map(([path]) => path)];
  if (paths.length === 0) return;
  console.error(`out of date in docs/: ${paths.join(", ")}; run: npm run docs:api`);
  process.exitCode = 1;
}

const reference = new ApiReference(apiPages());
const pages = [...reference.files()].map(([name, text]) => [join("api", name), text] as const);
main(
  new Map([...pages, ["options.md", optionsDocument(reference)]]),
  process.argv.includes("--check"),
);
