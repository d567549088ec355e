import { readEntry } from "../entry/line.js";
import { sha256Hex } from "../entry/sha256.js";
import { AuditError } from "../errors.js";
import { type Policy, policyOf } from "../governance/facts/policy.js";
import { replay } from "../governance/replay.js";
import { parseCheckpoint } from "../integrity/checkpoint.js";
import { parseBundle } from "../integrity/evidence-bundle.js";
import { SCOPE_VERSION } from "../semconv.js";
import { counted, quoted } from "../text/safe-text.js";
import { reportDocument } from "./document.js";
import { embeddedEvidence } from "./embedded-evidence.js";
import type { ReportEntry, ReportInput, ReportScope, ReportStatement } from "./report-input.js";

/** What a comparison of a report with its own evidence came to. */
export interface ComparedPage {
  /**
   * How much of the page was compared.
   *
   * - `page`: all of it. It was made again from the evidence and from what it states of its making.
   * - `part`: the sections that rest on the evidence of a part of a log, and what is outside of the
   *   sections: style, script, title. The other sections also rest on entries that are not there.
   * - `nothing`: it cannot be made again.
   */
  readonly compared: "page" | "part" | "nothing";
  /** The version that the page states, where it can be read. */
  readonly version: string | undefined;
  /** What its maker chose: the scope, and the SHA-256 of the policy. */
  readonly scope?: ReportScope;
  readonly policySha256?: string;
  /** Why it could not be compared, in a sentence. */
  readonly unknown?: string;
  /** What differs, or contradicts itself, in sentences. */
  readonly problems: readonly string[];
}

const STATEMENT = /<script type="application\/json" id="statement">(?<json>[^<]*)<\/script>/;
const PACKED = /id="evidence">(?<packed>[^<]*)<\/script>/;
const SECTION = /<section id="(?<id>\w*)/;
const ROW = /<tr id="seq-(?<sequence>\d+)">.*?(?=<tr|<\/tbody>|$)/gs;

/** What is outside of the sections. */
const OUTSIDE = "";
/** What the evidence of a part of a log makes. */
const PART: ReadonlySet<string> = new Set([OUTSIDE, "verification", "entries", "limitations"]);

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
  if (stated instanceof Error) {
    const unknown = "what the page states of how it was made cannot be read";
    return { compared: "nothing", version: undefined, unknown, problems: [] };
  }
  const { version } = stated.making;
  if (version !== SCOPE_VERSION) {
    const unknown = `the page says that quorumlog ${version} made it; use that version`;
    return { compared: "nothing", version, unknown, problems: [] };
  }
  const { scope, policySha256 } = stated;
  const choice = { version, scope, ...(policySha256 !== undefined && { policySha256 }) };
  const entries = bundle.entries.flatMap(({ line }): ReportEntry[] => {
    const read = readEntry(line);
    return read === undefined ? [] : [{ entry: read.entry, line }];
  });
  const contradictions = contradictionsOf(stated, entries, bundle.isWhole === true);
  if (contradictions.length > 0)
    return { compared: "nothing", ...choice, problems: contradictions };
  // later entries than those of the checkpoint, which the scope leaves out
  if (bundle.isWhole === true && stated.held !== entries.length) {
    const unknown =
      `the page says that its source held ${stated.held} entries, and the evidence has all that ` +
      `its checkpoint covers: ${entries.length}; ask for a page with a newer checkpoint`;
    return { compared: "nothing", ...choice, unknown, problems: [] };
  }
  const compared = bundle.isWhole === true ? "page" : "part";
  const made = madeAgain(html, stated, { logId: bundle.origin, entries, checkpoint });
  if (made === undefined)
    return { compared, ...choice, problems: ["the page cannot be made of its evidence"] };
  return { compared, ...choice, problems: differences(html, made, compared === "page") };
}

/** What a page states, where it can be read as that. */
function statementIn(html: string): Statement | Error {
  try {
    const json = STATEMENT.exec(html)?.groups?.["json"] ?? "";
    const { scope, making, ...rest } = JSON.parse(json) as ReportStatement;
    const [since, until] = [dateOf(scope.since), dateOf(scope.until)];
    const { policyText } = rest;
    return {
      ...rest,
      title: String(rest.title),
      policySha256: rest.policySha256,
      policyText,
      verification: rest.verification,
      scope: { ...scope, ...(since && { since }), ...(until && { until }) },
      making: { ...making, version: String(making.version), at: new Date(making.at) },
      policy: policyText === undefined ? undefined : policyOf(JSON.parse(policyText)),
    };
  } catch (error) {
    return error as Error;
  }
}

/** What a page states, with its policy as it was read. */
interface Statement extends ReportStatement {
  readonly policy: Policy | undefined;
}

const CONDITIONS: ReadonlySet<string> = new Set(["since", "until", "proposalId", "subjectId"]);

/** Says what in a statement no maker can have stated of this evidence. */
function contradictionsOf(
  { scope, policyText, policySha256, held, uncovered, sampleSize }: ReportStatement,
  entries: readonly ReportEntry[],
  isWhole: boolean,
): string[] {
  const problems: string[] = [];
  const counts = { held, uncovered, sampleSize };
  for (const [name, count] of Object.entries(counts))
    if (!Number.isSafeInteger(count) || count < 0)
      problems.push(`the page states ${name} ${JSON.stringify(count)}, which is no count`);
  for (const name of Object.keys(scope))
    if (!CONDITIONS.has(name)) problems.push(`the page states a condition ${quoted(name)}`);
  for (const name of ["proposalId", "subjectId"] as const) {
    const id: unknown = scope[name];
    if (name in scope && (typeof id !== "string" || id === ""))
      problems.push(`the page states a condition ${name} that is no id`);
  }
  const [since, until] = [scope.since?.getTime(), scope.until?.getTime()];
  const outside = entries.find(({ entry }) => {
    const millis = Date.parse(entry.timestamp);
    return millis < (since ?? -Infinity) || millis >= (until ?? Infinity);
  });
  if (outside !== undefined)
    problems.push(`entry ${outside.entry.sequence} is outside of the period that the page states`);
  if ((policyText === undefined) !== (policySha256 === undefined))
    problems.push("the page states a policy without its SHA-256, or a SHA-256 without its policy");
  else if (policyText !== undefined && sha256Hex(policyText) !== policySha256)
    problems.push("the SHA-256 that the page states is not that of the policy in it");
  const isAll = Object.keys(scope).length === 0;
  const most = held - entries.length;
  if (most < 0 || (isWhole && isAll && most > 0))
    problems.push(
      `the page states that its source held ${counted(held, "entry", "entries")}, and ` +
        `${isWhole ? "the evidence is a whole log of" : "the evidence has"} ${entries.length}`,
    );
  else if (uncovered > most || (isWhole && uncovered > 0))
    problems.push(
      `the page states that ${counted(uncovered, "entry", "entries")} of the scope ` +
        `${uncovered === 1 ? "is" : "are"} left out, which its other numbers contradict`,
    );
  return problems;
}

function dateOf(value: Date | undefined): Date | undefined {
  return value === undefined ? undefined : new Date(value);
}

/** The same page, made again. The evidence stays as it is packed: versions of gzip may differ. */
function madeAgain(
  html: string,
  statement: Statement,
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

/** Says where a page differs from the one that was made again. */
function differences(html: string, made: string, isWhole: boolean): readonly string[] {
  if (html === made) return [];
  const [theirs, ours] = [sectionsOf(html), sectionsOf(made)];
  const ids = [...new Set([...ours.keys(), ...theirs.keys()])];
  const isCompared = (id: string): boolean => isWhole || PART.has(id);
  const different = ids.filter((id) => isCompared(id) && ours.get(id) !== theirs.get(id));
  const others = ids.filter((id) => !isCompared(id));
  const taken = idsIn([...PART].map((id) => ours.get(id) ?? "").join(""));
  const stray = others.filter((id) => !isContained(theirs.get(id) ?? "", taken));
  const rows = different.includes("entries") ? differentRows(html, made) : [];
  return [
    ...rows,
    ...different.filter((id) => id !== "entries" || rows.length === 0).map(inWords),
    ...stray.map((id) => `the section "${id}" of the page has what no section of a report has`),
  ];
}

/** The elements of sections. None of them hides what comes after its end from a browser. */
const ELEMENTS: ReadonlySet<string> = new Set(
  (
    "a b caption code data dd desc details div dl dt em figcaption figure h2 h3 i li line ol p " +
    "pre rect section span strong summary svg table tbody td text th thead time title tr ul"
  ).split(" "),
);
const TAG = /<(?:(?<end>\/[a-z]\w*)|(?<name>[a-z]\w*)(?: [\w-]+(?:="[^"<>]*")?)*(?<empty> ?\/?))>/y;
const ID = / id="(?<id>[^"]*)"/g;

/**
 * Whether a section that is not compared can change nothing but itself: its elements are those of a
 * report, each ends inside of the one that it began in, and no id is one of the other sections.
 */
function isContained(section: string, taken: ReadonlySet<string>): boolean {
  const open: string[] = [];
  for (let at = section.indexOf("<"); at !== -1; at = section.indexOf("<", TAG.lastIndex)) {
    TAG.lastIndex = at;
    const { end, name, empty } = TAG.exec(section)?.groups ?? {};
    if (end !== undefined) {
      // these need no end of their own
      while (end !== `/${open.at(-1)}` && /^(?:td|th|tr)$/.test(open.at(-1) ?? "")) open.pop();
      if (open.pop() !== end.slice(1)) return false;
    } else if (name === undefined || !ELEMENTS.has(name)) return false;
    else if (empty === "") open.push(name);
    else if (!open.includes("svg")) return false;
  }
  return open.length === 0 && [...idsIn(section)].every((id) => !taken.has(id));
}

function idsIn(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(ID)].map((match) => match.groups?.["id"] ?? ""));
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
