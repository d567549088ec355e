import { readEntry } from "../entry/line.js";
import { AuditError } from "../errors.js";
import { policyOf } from "../governance/facts/policy.js";
import { replay } from "../governance/replay.js";
import { parseCheckpoint } from "../integrity/checkpoint.js";
import { parseBundle } from "../integrity/evidence-bundle.js";
import { SCOPE_VERSION } from "../semconv.js";
import { counted } from "../text/safe-text.js";
import { reportDocument } from "./document.js";
import { embeddedEvidence } from "./embedded-evidence.js";
import { entryList } from "./entries.js";
import type { ReportEntry, ReportInput, ReportStatement } from "./report-input.js";

/** What a comparison of a report with its own evidence came to. */
export interface ComparedPage {
  /**
   * How much of the page was compared.
   *
   * - `page`: all of it. It was made again from the evidence and from what it states of its making.
   * - `entries`: the table of entries, and what is outside of the sections: style, script, title.
   *   The other sections of a part of a log also rest on entries that are not in the evidence.
   * - `rows`: the rows of entries alone. Another version made the page.
   */
  readonly compared: "page" | "entries" | "rows";
  /** The version that the page states. */
  readonly version: string;
  /** What differs, in sentences. */
  readonly problems: readonly string[];
}

const STATEMENT = /<script type="application\/json" id="statement">(?<json>[^<]*)<\/script>/;
const PACKED = /id="evidence">(?<packed>[^<]*)<\/script>/;
const SECTION = /<section id="(?<id>\w*)/;
const ROW = /<tr id="seq-(?<sequence>\d+)">.*?(?=<tr|<\/tbody>|$)/gs;

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
  const statement = statementIn(html);
  const version = statement?.making.version ?? "unknown";
  const entries = bundle.entries.flatMap(({ line }): ReportEntry[] => {
    const read = readEntry(line);
    return read === undefined ? [] : [{ entry: read.entry, line }];
  });
  const table = entryList({ entries, checkpoint }).text;
  const rows = differentRows(html, table);
  if (statement === undefined || version !== SCOPE_VERSION)
    return { compared: "rows", version, problems: rows };
  const isWhole = bundle.isWhole === true && statement.held === entries.length;
  const compared = isWhole ? "page" : "entries";
  const made = madeAgain(html, statement, { logId: bundle.origin, entries, checkpoint });
  if (made === undefined)
    return { compared, version, problems: ["the page cannot be made of its evidence"] };
  const all = differentSections(html, made);
  const sections = isWhole ? all : all.filter((id) => id === "entries" || id === OUTSIDE);
  const others = sections.filter((id) => id !== "entries" || rows.length === 0);
  return { compared, version, problems: [...rows, ...others.map(inWords)] };
}

/** What a page states, where it can be read as that. */
function statementIn(html: string): ReportStatement | undefined {
  const json = STATEMENT.exec(html)?.groups?.["json"];
  if (json === undefined) return undefined;
  try {
    const { scope, making, policy, ...rest } = JSON.parse(json) as ReportStatement;
    const [since, until] = [dateOf(scope.since), dateOf(scope.until)];
    return {
      ...rest,
      title: String(rest.title),
      policySha256: rest.policySha256,
      verification: rest.verification,
      scope: { ...scope, ...(since && { since }), ...(until && { until }) },
      making: { ...making, version: String(making.version), at: new Date(making.at) },
      policy: policy === undefined ? undefined : policyOf(policy),
    };
  } catch {
    return undefined;
  }
}

function dateOf(value: Date | undefined): Date | undefined {
  return value === undefined ? undefined : new Date(value);
}

/** The same page, made again. The evidence stays as it is packed: versions of gzip may differ. */
function madeAgain(
  html: string,
  statement: ReportStatement,
  held: Pick<ReportInput, "logId" | "entries" | "checkpoint">,
): string | undefined {
  const evidence = PACKED.exec(html)?.groups?.["packed"] ?? "";
  try {
    const trail = replay(
      held.entries.map(({ entry }) => entry),
      statement.policy === undefined ? {} : { policy: statement.policy },
    );
    return reportDocument({ ...statement, ...held, trail, evidence });
  } catch (error) {
    // whoever wrote the statement may have written anything
    if (error instanceof AuditError || error instanceof TypeError || error instanceof RangeError)
      return undefined;
    throw error;
  }
}

const OUTSIDE = "";

/** The sections of which two pages have different ones; `OUTSIDE` for the rest of them. */
function differentSections(html: string, made: string): string[] {
  if (html === made) return [];
  const [theirs, ours] = [sectionsOf(html), sectionsOf(made)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter(
    (id) => ours.get(id) !== theirs.get(id),
  );
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
