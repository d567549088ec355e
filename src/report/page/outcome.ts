import type { Problem } from "../../verify/problems.js";
import {
  isCheckpointAlone,
  type Verdict,
  type VerificationReport,
} from "../../verify/verification-report.js";
import { element, number } from "./dom.js";
import type { Outcome } from "./job.js";
import type { Tampered } from "./tamper.js";

const QUESTIONS: readonly (readonly [
  keyof Pick<VerificationReport, "integrity" | "completeness" | "authenticity">,
  string,
])[] = [
  ["integrity", "Integrity: is everything as the checkpoint says?"],
  ["completeness", "Completeness: is everything there?"],
  ["authenticity", "Authenticity: did the log sign it?"],
];

const OF_CHECKPOINT = "Authenticity of the checkpoint alone: did the log sign it?";

/** Problems that name the line that was changed. Others may only follow from it. */
const CAUSES: ReadonlySet<string> = new Set([
  "leaf_hash_mismatch",
  "malformed_line",
  "not_canonical",
  "source_problem",
  "conflicting_lines",
]);

/** Shows what a check came to: in one sentence, in full, and at the entries that failed. */
export function showOutcome(outcome: Outcome, verdict: HTMLElement, place: HTMLElement): void {
  for (const row of document.querySelectorAll("[data-failed]")) row.removeAttribute("data-failed");
  if ("error" in outcome) {
    say(verdict, "unknown", `Could not be checked: ${outcome.error}`);
    place.replaceChildren();
    return;
  }
  const { report, assumed, tampered, millis } = outcome;
  say(verdict, overallOf(report), tampered ? tamperedInWords(tampered, report) : inWords(outcome));
  for (const { sequence } of located(report.problems))
    document.getElementById(`seq-${sequence}`)?.setAttribute("data-failed", "");
  const { entries, covered, problemCount, problems, unknown } = report;
  place.replaceChildren(
    element(
      "table",
      {},
      element(
        "tbody",
        {},
        ...QUESTIONS.map(([name, text]) => {
          const isAlone = name === "authenticity" && isCheckpointAlone(report);
          return row(isAlone ? OF_CHECKPOINT : text, report[name]);
        }),
      ),
    ),
    element(
      "p",
      {},
      `${number(entries)} lines were hashed in ${number(Math.round(millis))} ms. A checkpoint ` +
        `covers ${number(covered)} of them${assumed ? ", one that nobody vouched for" : ""}.`,
    ),
    ...(problemCount === 0
      ? []
      : [
          list(
            problemCount === 1 ? "1 problem" : `${number(problemCount)} problems`,
            problems.map(problemItem),
          ),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          list(
            "What this cannot tell",
            unknown.map((text) => element("li", {}, text)),
          ),
        ]),
  );
}

/** The worst of the three verdicts. */
function overallOf(report: VerificationReport): Verdict {
  const answers = QUESTIONS.map(([name]) => report[name]);
  if (answers.includes("failed")) return "failed";
  return answers.includes("unknown") ? "unknown" : "verified";
}

function say(verdict: HTMLElement, answer: Verdict, text: string): void {
  verdict.textContent = text;
  verdict.className = `verdict-${answer}`;
}

function inWords({ report, ofPage, assumed }: Exclude<Outcome, { error: string }>): string {
  const answer = overallOf(report);
  if (answer === "failed") {
    const first = located(report.problems)[0]?.sequence;
    return first === undefined ? "Failed." : `Failed, at entry ${first}.`;
  }
  const rest = ofPage ? " The rest of the page was not compared with it." : "";
  if (answer === "verified")
    return ofPage
      ? `The evidence is verified in this browser, with what you gave.${rest}`
      : "Verified in this browser, with what you gave.";
  if (report.verified)
    return (
      `${ofPage ? "The evidence is verified" : "Verified"} in part: the log signed these ` +
      `entries. Whether everything is there is unknown.${rest}`
    );
  if (assumed && report.integrity === "verified")
    return (
      "The lines match the checkpoint that came with them. Whether the log signed it is " +
      "unknown until you give the key."
    );
  return "Not proven: see what this cannot tell.";
}

function tamperedInWords({ place, sequence }: Tampered, report: VerificationReport): string {
  const where = sequence === undefined ? `the ${place}` : `the line of entry ${sequence}`;
  return overallOf(report) === "failed"
    ? `One byte of ${where} was changed in a copy, and the check failed, as it must.`
    : `One byte of ${where} was changed in a copy, and the check did not notice.`;
}

/** The problems that name an entry: those at the cause, if there are any. */
function located(problems: readonly Problem[]): readonly Problem[] {
  const at = problems.filter(({ sequence }) => sequence !== undefined);
  const causes = at.filter(({ code }) => CAUSES.has(code));
  return causes.length > 0 ? causes : at;
}

function row(question: string, answer: Verdict): HTMLElement {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, question),
    element("td", { className: `verdict-${answer}` }, answer),
  );
}

function list(title: string, items: readonly HTMLElement[]): HTMLElement {
  return element("div", {}, element("h3", {}, title), element("ul", {}, ...items));
}

function problemItem({ sequence, from, to, message, code }: Problem): HTMLElement {
  const range = from === undefined ? "" : `Entries ${from} to ${to}: `;
  if (sequence === undefined) return element("li", {}, `${range}${message} (${code})`);
  const name = `Entry ${sequence}`;
  const isShown = document.getElementById(`seq-${sequence}`) !== null;
  const where = isShown ? element("a", { href: `#seq-${sequence}` }, name) : name;
  return element("li", {}, where, `: ${message} (${code})`);
}
