/** Prints the size of each room of `src/`, as a part of `npm run lint`. */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf, roomOf, sources } from "./layers.ts";

/** A file of this many lines or fewer is short. */
const SHORT = 25;
const COMMENT = /^\s*(?:\/\/|\/\*|\*)/;

const HEAD = ["room", "files", "lines", "median", "longest", "", "short", "floors", "comments"];
/** The columns that hold text, which is aligned to the left. */
const TEXTS = new Set([0, 5]);

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2);
}

/** The number of files in the longest chain of imports. A circle counts once. */
function floors(files: ReadonlyMap<string, string>): number {
  const heights = new Map<string, number>();
  const heightOf = (file: string): number => {
    const known = heights.get(file);
    if (known !== undefined) return known;
    heights.set(file, 0);
    const below = importsOf(file, files.get(file) ?? "")
      .map(({ target }) => target ?? "")
      .filter((target) => files.has(target))
      .map(heightOf);
    const height = 1 + Math.max(0, ...below);
    heights.set(file, height);
    return height;
  };
  return Math.max(0, ...[...files.keys()].map(heightOf));
}

function row(name: string, files: ReadonlyMap<string, string>): string[] {
  const sizes = [...files].map(([file, text]) => ({ file, lines: linesOf(text) }));
  const lengths = sizes.map(({ lines }) => lines.length);
  const all = sizes.flatMap(({ lines }) => lines);
  const longest = Math.max(...lengths);
  const comments = all.filter((line) => COMMENT.test(line)).length;
  return [
    name,
    String(files.size),
    String(all.length),
    String(median(lengths)),
    String(longest),
    posix.basename(sizes.find(({ lines }) => lines.length === longest)?.file ?? ""),
    String(lengths.filter((length) => length <= SHORT).length),
    String(floors(files)),
    `${Math.round((100 * comments) / all.length)} %`,
  ];
}

/**
 * Takes the files of `src/` by path. Returns a table with one line for each room and one for all of
 * `src/`: the number of files and lines, the median and the longest file, how many files are short
 * (25 lines or fewer), the floors (the longest chain of imports within the room), and how many of
 * its lines are comments.
 */
export function sourceReport(files: ReadonlyMap<string, string>): string[] {
  const rooms = Map.groupBy(files, ([file]) => roomOf(file));
  const rows = [
    HEAD,
    ...[...rooms].map(([room, entries]) => row(room, new Map(entries))),
    row("src", files),
  ];
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return TEXTS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const line of sourceReport(sources())) console.log(line);
