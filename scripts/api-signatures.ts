/** How the signatures of the reference are written: as Biome formats them. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { type ApiItem, callablesOf, declarationOf } from "./api-model.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** The source of a declaration that can stand alone in a module. */
export function sourceOf(item: ApiItem, owner?: ApiItem): string {
  const declaration = declarationOf(item);
  if (owner?.kind === "Interface") return `interface _ {\n${declaration}\n}`;
  if (owner !== undefined) return `declare abstract class _ {\n${declaration}\n}`;
  if (item.kind === "Interface" || item.kind === "Class") return `declare ${declaration} {}`;
  return `declare ${declaration}`;
}

/** The sources of an export and of what it has that can be called. */
export function signaturesOf(item: ApiItem): string[] {
  return [sourceOf(item), ...callablesOf(item).map((member) => sourceOf(member, item))];
}

/** Formats all sources in one run of Biome. Returns what to show, by source. */
export function formatted(sources: readonly string[]): Map<string, string> {
  const separator = "// next";
  const biome = resolve(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [biome, "format", "--stdin-file-path=signatures.ts"],
    { cwd: ROOT, encoding: "utf8", input: sources.join(`\n${separator}\n`) },
  );
  const texts = stdout.split(`${separator}\n`);
  if (status !== 0 || texts.length !== sources.length)
    throw new Error(`Biome cannot format the signatures: ${stderr}`);
  return new Map(sources.map((source, index) => [source, shown(texts[index] ?? "")]));
}

/** A formatted source without what only the formatter needed. */
function shown(source: string): string {
  const text = source.trim();
  const member = /^(?:interface|declare abstract class) _ \{\n(.*)\n\}$/s.exec(text)?.[1];
  if (member !== undefined) return member.replaceAll(/^ {2}/gm, "");
  return text.replace(/^declare /, "").replace(/ \{\}$/, "");
}
