import { readEntry } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { Policy } from "../governance/facts/policy.js";
import { replay } from "../governance/replay.js";
import type { GovernanceTrail } from "../governance/trail.js";
import { parseCheckpoint } from "../integrity/checkpoint.js";
import { parseBundle } from "../integrity/evidence-bundle.js";
import { SCOPE_VERSION } from "../semconv.js";
import { counted } from "../text/safe-text.js";
import { reportDocument } from "./document.js";
import { embeddedEvidence } from "./embedded-evidence.js";
import type { ReportEntry, ReportInput } from "./report-input.js";
import { endOfPeriod, type ReportScope } from "./report-scope.js";
import { RESULT_COLUMN } from "./sample.js";
import { isWellWritten } from "./section-grammar.js";
import { contradictionsOf, type Statement, statementIn } from "./statement.js";

/** What a comparison of a report with its own evidence came to. */
export interface ComparedPage {
  /**
   * How much of the page was compared.
   *
   * - `page`: all of it. It was made again from the evidence and from what it states of its making.
   * - `part`: the sections that rest on the evidence of a part of a log, the draw of the sample,
   *   and what is outside of the sections: style, script, title. The others also rest on entries
   *   that are not there.
   * - `nothing`: it cannot be made again.
   */
  readonly compared: "page" | "part" | "nothing";
  /** The version that the page states, where it can be read. */
  readonly version: string | undefined;
  /** What its maker chose: the scope, the size of the sample, and the SHA-256 of the policy. */
  readonly scope?: ReportScope;
  readonly sampleSize?: number;
  readonly policySha256?: string;
  /** Why it could not be compared, in a sentence. */
  readonly unknown?: string;
  /** What differs, or contradicts itself, in sentences. */
  readonly problems: readonly string[];
}

const PACKED = /id="evidence">(?<packed>[^<]*)<\/script>/;
const SECTION = /<section id="(?<id>\w*)/;
const ROW = /<tr id="seq-(?<sequence>\d+)">.*?(?=<tr|<\/tbody>|$)/gs;

/** What is outside of the sections. */
const OUTSIDE = "";
/** What the evidence of a part of a log makes. */
const PART: ReadonlySet<string> = new Set([
  OUTSIDE,
  "verification",
  "population",
  "entries",
  "limitations",
]);

/** How many rows are named. */
const NAMED = 20;

/**
 * Makes a report again from its evidence, and compares the two byte for byte.
 *
 * @param html - The page.
 * @throws `AuditError` `invalid_evidence` where it holds no evidence that can be read.
 */
export async function comparedPage(html: string): Promise<ComparedPage> {
  const bundle = parseBundle(await embeddedEvidence(html));
  const checkpoint = parseCheckpoint(bundle.checkpoint);
  const stated = statementIn(html);
  if (stated === undefined) {
    const unknown = "what the page states of how it was made cannot be read";
    return { compared: "nothing", version: undefined, unknown, problems: [] };
  }
  const { version } = stated.making;
  if (version !== SCOPE_VERSION) {
    const unknown = `the page says that quorumlog ${version} made it; use that version`;
    return { compared: "nothing", version, unknown, problems: [] };
  }
  const { scope, policySha256, sampleSize } = stated;
  const choice = {
    version,
    scope,
    sampleSize,
    ...(policySha256 !== undefined && { policySha256 }),
  };
  const entries = bundle.entries.flatMap(({ line }): ReportEntry[] => {
    const read = readEntry(line);
    return read === undefined ? [] : [{ entry: read.entry, line }];
  });
  const isWhole = bundle.isWhole === true;
  const compared = isWhole ? "page" : "part";
  const trail = trailOf(entries, stated.policy);
  const end = endOfPeriod(scope, stated.making.at);
  const asOf = end === undefined ? trail : trailOf(entries, stated.policy, end);
  if (trail === undefined || asOf === undefined)
    return { compared, ...choice, problems: ["the page cannot be made of its evidence"] };
  const contradictions = contradictionsOf(stated, { entries, checkpoint, isWhole, trail });
  if (contradictions.length > 0)
    return { compared: "nothing", ...choice, problems: contradictions };
  // later entries than those of the checkpoint, which the scope leaves out
  if (isWhole && stated.held !== entries.length) {
    const unknown =
      `the page says that its source held ${stated.held} entries, and the evidence has all that ` +
      `its checkpoint covers: ${entries.length}; ask for a page with a newer checkpoint`;
    return { compared: "nothing", ...choice, unknown, problems: [] };
  }
  const made = madeAgain(html, stated, { logId: bundle.origin, entries, checkpoint, trail: asOf });
  if (made === undefined)
    return { compared, ...choice, problems: ["the page cannot be made of its evidence"] };
  return { compared, ...choice, problems: differences(html, made, isWhole) };
}

/** The trail of the entries in a page, if they are those of one log in their order. */
function trailOf(
  entries: readonly ReportEntry[],
  policy: Policy | undefined,
  at?: Date,
): GovernanceTrail | undefined {
  return orUndefined(() =>
    replay(
      entries.map(({ entry }) => entry),
      { ...(policy !== undefined && { policy }), ...(at !== undefined && { at }) },
    ),
  );
}

/** The same page, made again. The evidence stays as it is packed: versions of gzip may differ. */
function madeAgain(
  html: string,
  statement: Statement,
  held: Pick<ReportInput, "logId" | "entries" | "checkpoint" | "trail">,
): string | undefined {
  const evidence = PACKED.exec(html)?.groups?.["packed"] ?? "";
  return orUndefined(() => reportDocument({ ...statement, ...held, evidence }));
}

/** What is made of a page: whoever wrote its statement and its lines may have written anything. */
function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof AuditError || error instanceof TypeError || error instanceof RangeError)
      return undefined;
    throw error;
  }
}

/** Says where a page differs from the one that was made again. */
function differences(html: string, made: string, isWhole: boolean): readonly string[] {
  if (html === made) return [];
  const [theirs, ours] = [sectionsOf(html), sectionsOf(made)];
  const ids = [...new Set([...ours.keys(), ...theirs.keys()])];
  const isCompared = (id: string): boolean => isWhole || PART.has(id);
  const different = ids.filter((id) => isCompared(id) && ours.get(id) !== theirs.get(id));
  const draws = [theirs, ours].map((sections) => withoutResults(sections.get("sample") ?? ""));
  const stray = ids.filter(
    (id) => !isCompared(id) && !isWellWritten(theirs.get(id) ?? "", headOf(ours.get(id) ?? "")),
  );
  const rows = different.includes("entries") ? differentRows(html, made) : [];
  return [
    ...rows,
    ...different.filter((id) => id !== "entries" || rows.length === 0).map(inWords),
    ...(!isWhole && draws[0] !== draws[1] ? ["the sample of the page is not the one drawn"] : []),
    ...stray.map((id) => `the section "${id}" of the page has what no section of a report has`),
  ];
}

/** The first tag of a section, and its heading. */
function headOf(section: string): string {
  return section.slice(0, section.indexOf("</h2>") + "</h2>".length);
}

/** The section of the sample, without the results: of a part of a log, they rest on the whole. */
function withoutResults(section: string): string {
  return section
    .split("<tr>")
    .map((row) => row.split("<td").toSpliced(RESULT_COLUMN, 1).join("<td"))
    .join("<tr>");
}

/** Each section by its id, and what is outside of them, in time that is linear in the page. */
function sectionsOf(html: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>();
  let outside = "";
  for (const part of html.split("</section>")) {
    const start = SECTION.exec(part);
    const id = start?.groups?.["id"] ?? OUTSIDE;
    outside += `${part.slice(0, start?.index)}<${id}>`;
    if (start !== null)
      sections.set(id, `${sections.get(id) ?? ""}${part.slice(start.index)}</section>`);
  }
  return sections.set(OUTSIDE, outside);
}

function inWords(id: string): string {
  return id === OUTSIDE
    ? "outside of its sections, the page is not what its evidence and its version make"
    : `the section "${id}" of the page is not what its evidence makes`;
}

/** Says which rows of entries a page has otherwise than the table that the evidence makes. */
function differentRows(html: string, table: string): string[] {
  const ours = new Map(rowsOf(table));
  const seen = new Set<number>();
  const problems = rowsOf(html).flatMap(([sequence, row]) => {
    const made = ours.get(sequence);
    if (made === undefined)
      return [`the page shows an entry ${sequence}, which the evidence does not hold`];
    if (seen.has(sequence)) return [`the page shows entry ${sequence} twice`];
    seen.add(sequence);
    return made === row ? [] : [`the page shows entry ${sequence} otherwise than the evidence`];
  });
  for (const sequence of ours.keys())
    if (!seen.has(sequence)) problems.push(`the page does not show entry ${sequence}`);
  const more = problems.length - NAMED;
  return more > 0
    ? [...problems.slice(0, NAMED), `the page differs in ${counted(more, "more row", "more rows")}`]
    : problems;
}

function rowsOf(html: string): (readonly [sequence: number, row: string])[] {
  return [...html.matchAll(ROW)].map((match) => [Number(match.groups?.["sequence"]), match[0]]);
}
