/**
 * Keeps the rooms of `src/` apart: which room may import which, which packages a room may load, no
 * circles, no file over 400 lines, no line over 100 columns, no default export. The table below is
 * the "may import" column of ARCHITECTURE.md.
 */
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const PURE = "node:crypto node:util";
const OTEL = "@opentelemetry/api @opentelemetry/sdk-logs";
const GROUND = "text options errors";
const CORE = `semconv ${GROUND} http entry record query memory integrity verify delivery journal`;
const ADAPTER = `entry record query delivery semconv http ${GROUND}`;

type Rooms = Readonly<Record<string, readonly [rooms: string, packages: string] | string>>;

/**
 * Per room: the rooms and the packages that it may import. `type:` allows type imports alone, `*`
 * ends a prefix.
 *
 * The folders within a room are its inner rooms, if the table has rows for them. Such a row says
 * which inner rooms of the same room it may import; from outside it may import what the row of the
 * whole room says. The files directly in the folder of the room are its face, which may import all
 * of its inner rooms. An inner room that names the room itself may import the face; then the face
 * may not import that inner room, for arrows point one way. For example:
 *
 *     journal: ["record query integrity entry errors", "node:*"],
 *     "journal/file": "",
 *     "journal/entries": "file",
 *     "journal/tree": "file entries",
 */
const ROOMS: Rooms = {
  semconv: ["", ""],
  errors: ["", PURE],
  options: ["errors", PURE],
  text: ["errors", PURE],
  http: ["text errors", PURE],
  entry: ["semconv errors", PURE],
  record: ["entry type:integrity semconv errors", `${OTEL} ${PURE}`],
  query: ["entry errors", PURE],
  memory: ["entry query errors", PURE],
  integrity: [`entry ${GROUND}`, PURE],
  "integrity/merkle": "",
  "integrity/note": "merkle",
  "integrity/keys": "note",
  verify: [`integrity entry ${GROUND}`, PURE],
  delivery: [`entry semconv http ${GROUND}`, `${OTEL} node:*`],
  journal: [
    `record query integrity type:delivery entry ${GROUND}`,
    "type:@opentelemetry/sdk-logs node:*",
  ],
  "journal/file": "",
  "journal/entries": "file",
  "journal/tree": "file entries",
  "journal/outbox": "file entries tree",
  governance: [`entry type:query ${GROUND}`, PURE],
  monitor: [
    `governance entry semconv type:delivery ${GROUND}`,
    `type:@opentelemetry/sdk-logs ${PURE}`,
  ],
  "governance/facts": "",
  "governance/rules": "facts",
  log: [CORE, `${OTEL} node:*`],
  otlp: [ADAPTER, `${OTEL} node:*`],
  logger: [ADAPTER, `${OTEL} node:*`],
  pino: [`logger ${ADAPTER}`, `${OTEL} node:*`],
  winston: [`logger ${ADAPTER}`, `${OTEL} type:winston node:*`],
  loki: [
    `entry record query semconv http type:integrity ${GROUND}`,
    `node:timers/promises ${PURE}`,
  ],
  testing: [`log governance ${CORE}`, `${OTEL} node:*`],
  report: [`governance ${CORE}`, "d3-scale d3-shape @noble/* node:*"],
  "report/page": "report",
  cli: [`report log otlp logger pino winston loki governance ${CORE}`, `${OTEL} node:*`],
  index: [`log ${CORE}`, ""],
};

const MAX_LINES = 400;
const MAX_COLUMNS = 100;
/** An address, a text without a space (such as a regular expression), or one line of a help text. */
const UNBREAKABLE = /https?:|\S{60}|^\s*(?:line: )?"[^"]{1,100}",?$/;
// The formatter starts every statement at the start of a line, so an example in a comment does not
// match.
const STATEMENT =
  /^(?:import|export)\s(?<type>type\s)?(?:[\w*{}\s,$]*?from\s)?"(?<from>[^"\n]+)"/gm;
const EXPRESSION = /^(?![ \t]*(?:\*|\/\/)).*?\bimport\("(?<from>[^"\n]+)"\)/gm;
const DEFAULT_EXPORT = /^export default\b/gm;
const NO_REEXPORT = /^(?!export (?:type )?\{)[a-z].*/gm;

/** Says whether a line has more than 100 columns, and can be broken. */
const isTooWide = (line: string): boolean => line.length > MAX_COLUMNS && !UNBREAKABLE.test(line);

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** The first folder, or the file itself: the room of `src/log/x.ts` is log. */
export const roomOf = (file: string): string => file.replace(/^src\//, "").replace(/[/.].*$/, "");

const allows = (allowed: string, name: string, typeOnly: boolean): boolean =>
  allowed.split(" ").some((entry) => {
    const pattern = entry.replace(/^type:/, "");
    if (pattern !== entry && !typeOnly) return false;
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });

/** The inner room of a file. It is the room itself for a face, or if the room is not divided. */
function innerRoomOf(file: string, rooms: Rooms): string {
  const room = roomOf(file);
  const folder = /^src\/[^/]+\/([^/]+)\//.exec(file)?.[1];
  const divided = Object.keys(rooms).some((name) => name.startsWith(`${room}/`));
  return divided && folder !== undefined ? `${room}/${folder}` : room;
}

/** An import of a file. `target` is the imported file, if it is in `src/`. */
export interface Import {
  readonly from: string;
  readonly target: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** The imports and re-exports of a file. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT), ...text.matchAll(EXPRESSION)].map((match) => {
    const from = match.groups?.["from"] ?? "";
    return {
      from,
      target: from.startsWith(".")
        ? posix.join(posix.dirname(file), from).replace(/\.js$/, ".ts")
        : undefined,
      // `import { type A }` is a run-time import: verbatimModuleSyntax leaves the loading of the
      // module in.
      typeOnly: match.groups?.["type"] !== undefined,
      line: lineAt(text, match.index),
    };
  });
}

/** What an import breaks: a message, or nothing. */
function forbidden(file: string, { from, target, typeOnly }: Import, rooms: Rooms) {
  const room = roomOf(file);
  const [outside = "", packages = ""] = rooms[room] ?? [];
  const says = (importer: string, what: string) =>
    `${importer} may not import ${what}${typeOnly ? "" : " at run time"}`;
  if (target === undefined) return allows(packages, from, typeOnly) ? undefined : says(room, from);
  const targetRoom = roomOf(target);
  if (targetRoom !== room)
    return allows(outside, targetRoom, typeOnly) ? undefined : says(room, targetRoom);
  const inner = innerRoomOf(file, rooms);
  const targetInner = innerRoomOf(target, rooms);
  if (inner === room || targetInner === inner) return undefined;
  const row = rooms[inner];
  return typeof row !== "string" || allows(row, targetInner.replace(`${room}/`, ""), typeOnly)
    ? undefined
    : says(inner, targetInner);
}

type Edges = ReadonlyMap<string, readonly string[]>;

/** The path from `start` back to itself. It is empty if there is none. */
function circle(edges: Edges, start: string, path = [start], seen = new Set<string>()): string[] {
  for (const next of edges.get(path.at(-1) ?? start) ?? []) {
    if (next === start) return [...path, next];
    if (seen.has(next)) continue;
    const found = circle(edges, start, [...path, next], seen.add(next));
    if (found.length > 0) return found;
  }
  return [];
}

/** All circles. Each is reported once, at the first of its names. */
function circles(edges: Edges): string[][] {
  return [...edges.keys()]
    .map((name) => circle(edges, name))
    .filter((path) => path.length > 0 && path.every((other) => (path[0] ?? "") <= other));
}

/**
 * Takes the files of `src/` by path (`src/log/x.ts`). Returns one `file:line: message` for each
 * broken rule.
 */
export function layerViolations(
  files: ReadonlyMap<string, string>,
  rooms: Rooms = ROOMS,
): string[] {
  const violations: string[] = [];
  const edges = new Map<string, string[]>();
  const innerEdges = new Map<string, string[]>();
  const firstOf = new Map<string, string>();
  for (const [file, text] of files) {
    const report = (line: number, message: string) =>
      violations.push(`${file}:${line}: ${message}`);
    const room = roomOf(file);
    const inner = innerRoomOf(file, rooms);
    if (!Object.hasOwn(rooms, room))
      report(1, `the room ${room} is not in the table of scripts/layers.ts`);
    else if (!Object.hasOwn(rooms, inner))
      report(1, `the inner room ${inner} is not in the table of scripts/layers.ts`);
    const lines = text.trimEnd().split("\n").length;
    if (lines > MAX_LINES) report(lines, `the file is longer than ${MAX_LINES} lines`);
    for (const [index, line] of text.split("\n").entries())
      if (isTooWide(line)) report(index + 1, `the line is wider than ${MAX_COLUMNS} columns`);
    for (const { index } of text.matchAll(DEFAULT_EXPORT))
      report(lineAt(text, index), "no default exports");
    if (room === "index") {
      for (const { index } of text.matchAll(NO_REEXPORT))
        report(lineAt(text, index), "index.ts only re-exports names");
    }
    for (const imported of importsOf(file, text)) {
      const broken = forbidden(file, imported, rooms);
      if (broken !== undefined) report(imported.line, broken);
      if (imported.target === undefined) continue;
      edges.set(file, [...(edges.get(file) ?? []), imported.target]);
      const targetInner = innerRoomOf(imported.target, rooms);
      if (roomOf(imported.target) !== room || targetInner === inner) continue;
      innerEdges.set(inner, [...(innerEdges.get(inner) ?? []), targetInner]);
      firstOf.set(`${inner} > ${targetInner}`, `${file}:${imported.line}`);
    }
  }
  for (const path of circles(edges)) violations.push(`${path[0]}:1: circle ${path.join(" > ")}`);
  for (const path of circles(innerEdges)) {
    const place = firstOf.get(`${path[0]} > ${path[1]}`);
    violations.push(`${place}: circle of inner rooms ${path.join(" > ")}`);
  }
  return violations;
}

/** The files of `src/`, by path. */
export function sources(): Map<string, string> {
  const paths = globSync("src/**/*.ts").map((path) => path.replaceAll("\\", "/"));
  return new Map(paths.sort().map((path) => [path, readFileSync(path, "utf8")]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = sources();
  const violations = layerViolations(files);
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
  else console.log(`layers: ${files.size} files keep to their rooms`);
}
