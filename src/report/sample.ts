import { leafHash } from "../entry/line.js";
import { sha256Hex } from "../entry/sha256.js";
import type { Finding } from "../governance/facts/finding.js";
import type { Rule } from "../governance/facts/rule.js";
import { RULES } from "../governance/rules/rules.js";
import { counted } from "../text/safe-text.js";
import { facts, type Html, html, quantities, table, time } from "./html.js";
import type { Links } from "./links.js";
import type { ReportEntry, ReportView } from "./report-input.js";

/** Which column of the table has the results, counted from 1. */
export const RESULT_COLUMN = 6;

/** One entry of a sample. */
export interface Drawn extends ReportEntry {
  /** The part of the period that it was drawn from, from 1. */
  readonly part: number;
  /** The hash that decided: the lowest of its part. */
  readonly draw: string;
}

/**
 * Draws a sample that anyone can draw again, spread over the whole period. The population is cut
 * into as many parts as the sample has items. From each part comes the entry whose hash of root and
 * sequence is the lowest.
 *
 * @param population - The entries to draw from, by sequence.
 * @param rootHash - The root hash of a checkpoint that covers them, hexadecimal.
 * @param size - How many entries to draw. All, where there are fewer.
 */
export function drawnFrom(
  population: readonly ReportEntry[],
  rootHash: string,
  size: number,
): Drawn[] {
  const parts = Math.min(size, population.length);
  return Array.from({ length: parts }, (_, index) => {
    const from = Math.floor((index * population.length) / parts);
    const to = Math.floor(((index + 1) * population.length) / parts);
    const draws = population.slice(from, to).map((one) => ({
      ...one,
      part: index + 1,
      draw: sha256Hex(`${rootHash}:${one.entry.sequence}`),
    }));
    return draws.reduce((lowest, one) => (one.draw < lowest.draw ? one : lowest));
  });
}

/** The sample: what was drawn and how, what was done with each item, and what came out. */
export function sample(view: ReportView, links: Links): Html {
  const { entries, checkpoint, sampleSize, trail } = view;
  const population = entries.filter(({ entry }) => entry.sequence < checkpoint.size);
  const drawn = drawnFrom(population, checkpoint.rootHash, sampleSize);
  const findings = trail.findings();
  return html`<section id="sample">
<h2>Sample</h2>
<p>${quantities(headline(drawn.length, population.length))} Anyone can repeat the draw.</p>
${facts([
  [
    "Population",
    quantities(`${counted(population.length, "entry", "entries")} that the checkpoint covers`),
  ],
  ["Seed", html`<code class="hash">${checkpoint.rootHash}</code>, the root hash`],
  [
    "Draw",
    drawn.length < population.length
      ? html`The population, by sequence, is cut into ${drawn.length} parts. With the entries
counted from 0, part <i>k</i> of <i>n</i> begins at entry ⌊(<i>k</i> − 1) × ${population.length} ÷
<i>n</i>⌋. From each part comes the entry with the lowest SHA-256 of
<code>ROOT:SEQUENCE</code>.`
      : "All entries: the population is not larger than the sample.",
  ],
  [
    "To repeat one",
    html`<code>printf '%s:%s' ${checkpoint.rootHash.slice(0, 8)}… ${
      drawn[0]?.entry.sequence ?? 0
    } | sha256sum</code>, with the whole root hash`,
  ],
  [
    "What the draw cannot show",
    "Whoever keeps the log chose when to sign this checkpoint, and so could try several draws. " +
      "If that matters, draw with a number of your own in place of the root hash.",
  ],
])}
${table({
  name: "sample",
  isStacked: true,
  caption: "Sample, by sequence",
  columns: [
    { title: "Part", kind: "number", cell: ({ part }) => part },
    { title: "Entry", cell: ({ entry }) => links.entry(entry.sequence), value: sequenceOf },
    { title: "Time", kind: "time", cell: ({ entry }) => time(entry.timestamp) },
    { title: "Operation", cell: ({ entry }) => html`<code>${entry.operation}</code>` },
    { title: "Procedure", cell: ({ entry }) => quantities(procedureOf(entry.operation)) },
    { title: "Result", cell: (one) => resultOf(one, findings) },
    {
      title: "Draw",
      cell: ({ draw }) => html`<code>${draw.slice(0, 12)}…</code>`,
      value: ({ draw }) => draw,
    },
  ],
  rows: drawn,
  none: "No entry in the scope is covered by the checkpoint, so nothing was drawn.",
})}
${rulesExamined(new Set(drawn.map(({ entry }) => entry.operation)))}
</section>`;
}

function headline(drawn: number, population: number): string {
  return drawn < population
    ? `${drawn} of ${population} entries, spread over the period.`
    : `All ${counted(population, "entry", "entries")}.`;
}

function sequenceOf({ entry }: Drawn): number {
  return entry.sequence;
}

/** The function of a rule that is asked for an operation. */
const ASKED: Readonly<Record<string, keyof Rule>> = {
  vote_cast: "onVote",
  consensus_reached: "onResult",
  byzantine_detected: "onFlag",
  authorization_granted: "onGrant",
  authorization_revoked: "onRevocation",
  node_added: "onNode",
  node_removed: "onNode",
};

function rulesFor(operation: string): readonly Rule[] {
  const asked = ASKED[operation];
  return RULES.filter(
    (rule) => rule.onEntry !== undefined || (asked !== undefined && rule[asked] !== undefined),
  );
}

function procedureOf(operation: string): string {
  const rules = rulesFor(operation).length;
  return `Hash the line again; compare with the leaf hash; judge ${counted(rules, "rule")}`;
}

function resultOf({ entry, line }: Drawn, findings: readonly Finding[]): Html {
  const agrees = leafHash(line) === entry.leafHash;
  const named = findings.filter(({ sequences }) => sequences.includes(entry.sequence));
  const rules = new Set(rulesFor(entry.operation).map(({ id }) => id));
  const open = new Set(
    findings
      .filter(({ rule, status }) => status === "undetermined" && rules.has(rule))
      .map(({ rule }) => rule),
  );
  for (const { rule } of named) open.delete(rule);
  return html`${
    agrees ? "The hash agrees." : html`<strong class="bad">The hash does not agree.</strong>`
  } ${
    named.length === 0
      ? "No finding names the entry."
      : html`<ul>${named.map(
          ({ rule, status, severity, message }) =>
            html`<li><code>${rule}</code> ${status} (${severity}): ${message}</li>`,
        )}</ul>`
  }${
    open.size > 0 &&
    html` The trail cannot decide everywhere: ${[...open].map(
      (rule, index) => html`${index > 0 && ", "}<code>${rule}</code>`,
    )}.`
  }`;
}

function rulesExamined(operations: ReadonlySet<string>): Html {
  const ofEvery = RULES.filter(({ onEntry }) => onEntry !== undefined);
  const own = [...operations]
    .sort()
    .map((operation): readonly [string, readonly Rule[]] => [
      operation,
      rulesFor(operation).filter((rule) => !ofEvery.includes(rule)),
    ]);
  return html`<details class="rules"><summary>The rules, by operation</summary>
${facts(
  [["every operation", ofEvery] as const, ...own].map(([name, rules]) => [
    name,
    rules.length > 0 &&
      html`<ul>${rules.map(({ id, title }) => html`<li><code>${id}</code> ${title}</li>`)}</ul>`,
  ]),
)}</details>`;
}
