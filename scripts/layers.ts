/**
 * Keeps the rooms of `src/` apart: which room may import which, which packages a room may load, no circles, no file
 * over 400 lines, no default export. The table below is the "may import" column of ARCHITECTURE.md.
 */
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const PURE = "node:crypto node:util";
const OTEL =
  "@opentelemetry/api @opentelemetry/core @opentelemetry/resources @opentelemetry/sdk-logs";
const CORE = "semconv errors entry record query memory integrity verify delivery journal";
const ADAPTER = "entry record query delivery semconv errors";

/** Per room: the rooms and the packages that it may import; `type:` allows type imports alone, `*` ends a prefix. */
const ROOMS: Readonly<Record<string, readonly [rooms: string, packages: string]>> = {
  semconv: ["", ""],
  errors: ["", PURE],
  entry: ["errors", PURE],
  record: ["entry semconv errors", `${OTEL} ${PURE}`],
  query: ["entry errors", PURE],
  memory: ["entry query errors", PURE],
  integrity: ["entry errors", PURE],
  verify: ["integrity entry errors", PURE],
  delivery: ["entry semconv errors", `${OTEL} node:*`],
  journal: [
    "record query integrity type:delivery entry errors",
    "type:@opentelemetry/sdk-logs node:*",
  ],
  log: [CORE, `${OTEL} node:*`],
  otlp: [ADAPTER, `${OTEL} @opentelemetry/exporter-* @opentelemetry/otlp-* node:*`],
  winston: [ADAPTER, `${OTEL} type:winston node:*`],
  loki: [`${ADAPTER} type:integrity`, `${OTEL} node:*`],
  testing: [`log ${CORE}`, `${OTEL} type:vitest node:*`],
  cli: [`log otlp winston loki ${CORE}`, `${OTEL} node:*`],
  index: [`log ${CORE}`, ""],
};

const MAX_LINES = 400;
// The formatter starts every statement at the start of a line, so no example in a comment is taken for one.
const STATEMENT =
  /^(?:import|export)\s(?<type>type\s)?(?:[\w*{}\s,$]*?from\s)?"(?<from>[^"\n]+)"/gm;
const EXPRESSION = /^(?![ \t]*(?:\*|\/\/)).*?\bimport\("(?<from>[^"\n]+)"\)/gm;
const DEFAULT_EXPORT = /^export default\b/gm;
const NO_REEXPORT = /^(?!export (?:type )?\{)[a-z].*/gm;

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** The first folder or the file itself: `src/log/x.ts` is of the room log, `src/errors.ts` of errors. */
const roomOf = (file: string): string => file.replace(/^src\//, "").replace(/[/.].*$/, "");

const allows = (allowed: string, name: string, typeOnly: boolean): boolean =>
  allowed.split(" ").some((entry) => {
    const pattern = entry.replace(/^type:/, "");
    if (pattern !== entry && !typeOnly) return false;
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });

type Edges = ReadonlyMap<string, readonly string[]>;

/** The way from `start` back to itself, or nothing. */
function circle(edges: Edges, start: string, path = [start], seen = new Set<string>()): string[] {
  for (const next of edges.get(path.at(-1) ?? start) ?? []) {
    if (next === start) return [...path, next];
    if (seen.has(next)) continue;
    const found = circle(edges, start, [...path, next], seen.add(next));
    if (found.length > 0) return found;
  }
  return [];
}

/** Takes the files of `src/` by path (`src/log/x.ts`); answers one `file:line: message` for each broken rule. */
export function layerViolations(files: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [file, text] of files) {
    const report = (line: number, message: string) =>
      violations.push(`${file}:${line}: ${message}`);
    const name = roomOf(file);
    const [rooms, packages] = ROOMS[name] ?? ["", ""];
    if (!Object.hasOwn(ROOMS, name))
      report(1, `the room ${name} is not in the table of scripts/layers.ts`);
    const lines = text.trimEnd().split("\n").length;
    if (lines > MAX_LINES) report(lines, `the file is longer than ${MAX_LINES} lines`);
    for (const { index } of text.matchAll(DEFAULT_EXPORT))
      report(lineAt(text, index), "no default exports");
    if (name === "index") {
      for (const { index } of text.matchAll(NO_REEXPORT))
        report(lineAt(text, index), "index.ts only re-exports names");
    }
    for (const match of [...text.matchAll(STATEMENT), ...text.matchAll(EXPRESSION)]) {
      const from = match.groups?.["from"] ?? "";
      // `import { type A }` is a run-time import: verbatimModuleSyntax leaves the loading of the module in.
      const typeOnly = match.groups?.["type"] !== undefined;
      const target = posix.join(posix.dirname(file), from).replace(/\.js$/, ".ts");
      const what = from.startsWith(".") ? roomOf(target) : from;
      const allowed = from.startsWith(".") ? `${name} ${rooms}` : packages;
      if (from.startsWith(".")) edges.set(file, [...(edges.get(file) ?? []), target]);
      if (!allows(allowed, what, typeOnly)) {
        report(
          lineAt(text, match.index),
          `${name} may not import ${what}${typeOnly ? "" : " at run time"}`,
        );
      }
    }
  }
  for (const file of files.keys()) {
    const path = circle(edges, file);
    // A circle is reported once, at the first of its files.
    if (path.length > 0 && path.every((other) => file <= other))
      violations.push(`${file}:1: circle ${path.join(" > ")}`);
  }
  return violations;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = globSync("src/**/*.ts").map((path) => path.replaceAll("\\", "/"));
  const violations = layerViolations(
    new Map(paths.map((path) => [path, readFileSync(path, "utf8")])),
  );
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
  else console.log(`layers: ${paths.length} files keep to their rooms`);
}
