/**
 * Reads what `scripts/api-report.ts` leaves in `temp/api`: the exports of each subpath with their
 * types and their TSDoc. The generators of `docs/api/` and `docs/options.md` work on it.
 */
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");

/** A part of a declaration, as API Extractor takes it apart. */
interface Token {
  readonly kind: "Content" | "Reference";
  readonly text: string;
}

interface TokenRange {
  readonly startIndex: number;
  readonly endIndex: number;
}

/** An export, or a member of one (API Extractor, `.api.json`). */
export interface ApiItem {
  readonly kind: string;
  readonly name?: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly Token[];
  readonly members?: readonly ApiItem[];
  /** The declaration file, from the root of the package. */
  readonly fileUrlPath?: string;
  readonly isOptional?: boolean;
  readonly isAbstract?: boolean;
  readonly initializerTokenRange?: TokenRange;
  readonly propertyTypeTokenRange?: TokenRange;
  readonly variableTypeTokenRange?: TokenRange;
  readonly extendsTokenRange?: TokenRange;
  readonly extendsTokenRanges?: readonly TokenRange[];
}

/** A subpath of the package. */
export interface ApiPage {
  /** What an import says: `quorumlog/otlp`. */
  readonly path: string;
  /** The name of its page: `otlp.md`. */
  readonly file: string;
  /** What leads from its folder to the pages; nothing if it is one of them. */
  readonly folder?: string;
  /** What its `@packageDocumentation` says. */
  readonly docs: Docs;
  readonly items: readonly ApiItem[];
}

/** A TSDoc comment, in Markdown. Links of TSDoc are still in it. */
export interface Docs {
  readonly text: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string;
  readonly throws: string;
  readonly defaultValue: string;
  readonly examples: readonly string[];
}

/** The pages of all subpaths. A name that several subpaths export belongs to the first of them. */
export function apiPages(): ApiPage[] {
  const manifest = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
  return Object.entries<{ types?: string }>(manifest.exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([subpath]) => {
      const name = subpath === "." ? manifest.name : basename(subpath);
      const file = resolve(ROOT, "temp/api", `${name}.api.json`);
      const model: ApiItem = JSON.parse(readFileSync(file, "utf8"));
      return {
        path: subpath.replace(".", manifest.name),
        file: `${name}.md`,
        docs: docsOf(model),
        items: model.members?.[0]?.members ?? [],
      };
    });
}

/** The TSDoc of an item, taken apart at its block tags. */
export function docsOf({ docComment = "" }: ApiItem): Docs {
  const markdown = docComment
    .replace(/^\/\*\*[ \n]?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .replaceAll(/^ ?\* ?/gm, "");
  const [text = "", ...blocks] = splitOutsideFences(markdown, /^@(?=[a-z])/i);
  const found = { params: [] as { name: string; text: string }[], examples: [] as string[] };
  const single: Record<string, string> = {};
  for (const block of blocks) {
    const [, tag = "", body = ""] = /^(\w+)\s*(.*)$/s.exec(block.trim()) ?? [];
    if (tag === "param") {
      const [, name = "", about = ""] = /^(\S+)\s+-\s+(.*)$/s.exec(body) ?? [];
      found.params.push({ name, text: about.trim() });
    } else if (tag === "example") found.examples.push(body.trim());
    else single[tag] = [single[tag], body.trim()].filter(Boolean).join("\n\n");
  }
  return {
    ...found,
    text: [text.trim(), single["remarks"]].filter(Boolean).join("\n\n"),
    returns: single["returns"] ?? "",
    throws: single["throws"] ?? "",
    defaultValue: single["defaultValue"] ?? "",
  };
}

function splitOutsideFences(markdown: string, start: RegExp): string[] {
  const parts = [""];
  let isCode = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    if (!isCode && start.test(line)) parts.push(`${line.slice(1)}\n`);
    else parts[parts.length - 1] += `${line}\n`;
  }
  return parts;
}

/** The whole declaration, without `export` and `declare`. */
export function declarationOf({ kind, excerptTokens = [] }: ApiItem): string {
  const text = excerptTokens.map((token) => token.text).join("");
  const plain = text.replace(/^export (?:declare )?/, "").trim();
  return kind === "Variable" ? `const ${plain}` : plain;
}

/** The tokens of the type of a property or a constant; of its value, if the type is not written. */
export function typeTokensOf(item: ApiItem): readonly Token[] {
  const { propertyTypeTokenRange, variableTypeTokenRange, initializerTokenRange } = item;
  for (const range of [propertyTypeTokenRange, variableTypeTokenRange, initializerTokenRange])
    if (range !== undefined && range.endIndex > range.startIndex)
      return item.excerptTokens?.slice(range.startIndex, range.endIndex) ?? [];
  return [];
}

/** The members of a class or an interface, in the order of its source. */
export function membersOf(item: ApiItem): readonly ApiItem[] {
  const { kind, name, members = [], fileUrlPath } = item;
  if (fileUrlPath === undefined || members.length === 0) return members;
  const source = readFileSync(resolve(ROOT, fileUrlPath), "utf8");
  const start = source.indexOf(`${kind.toLowerCase()} ${name} `);
  const place = (member: ApiItem): number =>
    source.indexOf(`    ${member.excerptTokens?.[0]?.text ?? ""}`, start);
  return members.toSorted((a, b) => place(a) - place(b));
}

/** The names of the types that a class or an interface extends. */
export function basesOf(item: ApiItem): string[] {
  const ranges = item.extendsTokenRanges ?? [item.extendsTokenRange].filter((range) => !!range);
  return ranges.map(({ startIndex, endIndex }) =>
    (item.excerptTokens ?? [])
      .slice(startIndex, endIndex)
      .map(({ text }) => text)
      .join("")
      .trim(),
  );
}

/** The kinds of what can be called. */
const CALLABLE = new Set(["CallSignature", "Constructor", "Function", "Method", "MethodSignature"]);

/** Whether an item can be called. */
export const isCallable = ({ kind }: ApiItem): boolean => CALLABLE.has(kind);

export function nameOf({ kind, name }: ApiItem): string {
  return name ?? (kind === "Constructor" ? "new" : "()");
}

/** The constructor, then the methods, then those that are called by a symbol. */
export function callablesOf(item: ApiItem): ApiItem[] {
  const callables = membersOf(item).filter(isCallable);
  const rank = (one: ApiItem): number =>
    one.kind === "Constructor" ? 0 : nameOf(one).startsWith("[") ? 2 : 1;
  return callables.toSorted((a, b) => rank(a) - rank(b));
}

export function propertiesOf(item: ApiItem): ApiItem[] {
  return membersOf(item).filter(({ kind }) => kind.startsWith("Property"));
}

/** The first of those that have one name. */
export function distinct(items: readonly ApiItem[]): ApiItem[] {
  return [...Map.groupBy(items, nameOf).values()].flatMap(([first]) => first ?? []);
}
