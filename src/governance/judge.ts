import { memberPath } from "../entry/json.js";
import { invalidOption } from "../errors.js";
import type { Finding, Judgement, Severity } from "./facts/finding.js";
import { FindingIndex } from "./facts/finding-index.js";
import type { Policy } from "./facts/policy.js";
import type { Judged, Rule } from "./facts/rule.js";

/** The functions that a rule may have. */
type HookName =
  | "onEntry"
  | "onVote"
  | "onResult"
  | "onFlag"
  | "onGrant"
  | "onRevocation"
  | "onNode"
  | "onGap"
  | "review"
  | "reviewDoubleVote"
  | "reviewFlag";

/** The rules that are on and have a function, by its name. */
export type Hooks = {
  readonly [Name in HookName]: readonly (Rule & Required<Pick<Rule, Name>>)[];
};

/** Knows which rules are on, how much each matters, and keeps what they found. */
export class Judge {
  readonly hooks: Hooks;
  readonly #severities: ReadonlyMap<string, Severity>;
  /** What the entries so far brought. It does not change any more, unlike what `review` says. */
  readonly findings: FindingIndex = new FindingIndex();
  /** The sequences of undetermined findings that say the same, which are one finding. */
  readonly #merged = new Map<string, number[]>();

  /** Throws `AuditError` `invalid_options` for a rule of the policy that does not exist. */
  constructor(rules: readonly Rule[], policy: Policy) {
    const given = policy.rules ?? {};
    const ids = new Set(rules.map(({ id }) => id));
    if (ids.size < rules.length) throw invalidOption("rules", "two rules have the same id");
    for (const id of Object.keys(given))
      if (!ids.has(id))
        throw invalidOption(
          memberPath("policy.rules", id),
          `there is no such rule; the rules are ${[...ids].join(", ")}`,
        );
    const on = rules.filter(({ id }) => !Object.hasOwn(given, id) || given[id] !== "off");
    this.#severities = new Map(
      on.map(({ id, severity }) => [
        id,
        (Object.hasOwn(given, id) ? given[id] : severity) as Severity,
      ]),
    );
    this.hooks = {
      onEntry: withHook(on, "onEntry"),
      onVote: withHook(on, "onVote"),
      onResult: withHook(on, "onResult"),
      onFlag: withHook(on, "onFlag"),
      onGrant: withHook(on, "onGrant"),
      onRevocation: withHook(on, "onRevocation"),
      onNode: withHook(on, "onNode"),
      onGap: withHook(on, "onGap"),
      review: withHook(on, "review"),
      reviewDoubleVote: withHook(on, "reviewDoubleVote"),
      reviewFlag: withHook(on, "reviewFlag"),
    };
  }

  /** Keeps what a rule said about an entry. */
  keep(rule: Rule, judged: Judged, proposalId: string | undefined): void {
    if (judged === undefined) return;
    for (const finding of this.findingsOf(rule, judged, proposalId)) this.#keep(finding);
  }

  /** What a rule said, as findings. */
  findingsOf(
    { id: rule }: Rule,
    judged: NonNullable<Judged>,
    proposalId: string | undefined,
  ): readonly Finding[] {
    const severity = this.#severities.get(rule) ?? "info";
    return (Array.isArray(judged) ? (judged as readonly Judgement[]) : [judged as Judgement]).map(
      (judgement) => ({
        rule,
        severity,
        ...(proposalId === undefined ? {} : { proposalId }),
        ...judgement,
      }),
    );
  }

  #keep(finding: Finding): void {
    if (finding.status !== "undetermined") {
      this.findings.add(finding);
      return;
    }
    const { rule, proposalId = "", message } = finding;
    // neither a rule nor a message has a line end in it
    const key = `${rule}\n${proposalId}\n${message}`;
    const known = this.#merged.get(key);
    if (known !== undefined) {
      // earlier entries that it rests on too are those of the first one
      const last = known.at(-1) ?? -1;
      for (const sequence of finding.sequences) if (sequence > last) known.push(sequence);
      return;
    }
    const sequences = [...finding.sequences];
    this.#merged.set(key, sequences);
    this.findings.add({ ...finding, sequences });
  }
}

function withHook<Name extends HookName>(
  rules: readonly Rule[],
  name: Name,
): readonly (Rule & Required<Pick<Rule, Name>>)[] {
  return rules.filter(
    (rule): rule is Rule & Required<Pick<Rule, Name>> => rule[name] !== undefined,
  );
}
