import type { Finding } from "./finding.js";
import type { Answer, Authorization } from "./standing-facts.js";

type Key = string | undefined;

/** Findings by what they are about. */
export class FindingIndex {
  /** In the order in which they were added. */
  readonly all: Finding[] = [];
  readonly #ofProposal = new Map<Key, Finding[]>();
  readonly #ofSubject = new Map<Key, Finding[]>();
  /** Of each proposal: from which entry on a rule of severity error is violated. */
  readonly #violated = new Map<Key, number>();
  /** The same for rules of severity error that cannot be decided. */
  readonly #undetermined = new Map<Key, number>();

  add(finding: Finding): void {
    const { severity, status, proposalId, subjectId, sequences } = finding;
    this.all.push(finding);
    addTo(this.#ofProposal, proposalId, finding);
    if (subjectId !== undefined) addTo(this.#ofSubject, subjectId, finding);
    if (severity !== "error" || status === "pending") return;
    // a violation counts from its last entry on; what cannot be decided, from its first one
    const [since, place] = status === "violated" ? [this.#violated, -1] : [this.#undetermined, 0];
    const sequence = sequences.at(place) ?? 0;
    since.set(proposalId, Math.min(sequence, since.get(proposalId) ?? sequence));
  }

  ofProposal(proposalId: string): readonly Finding[] {
    return this.#ofProposal.get(proposalId) ?? [];
  }

  ofSubject(subjectId: string): readonly Finding[] {
    return this.#ofSubject.get(subjectId) ?? [];
  }

  /** Whether all rules of severity error were kept, in the case of a grant, when it was made. */
  validityOf({ proposalId, grantedBy }: Pick<Authorization, "proposalId" | "grantedBy">): Answer {
    if ((this.#violated.get(proposalId) ?? Number.POSITIVE_INFINITY) <= grantedBy) return "no";
    const undetermined = this.#undetermined.get(proposalId) ?? Number.POSITIVE_INFINITY;
    return undetermined <= grantedBy ? "unknown" : "yes";
  }
}

function addTo(lists: Map<Key, Finding[]>, key: Key, finding: Finding): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [finding]);
  else list.push(finding);
}
