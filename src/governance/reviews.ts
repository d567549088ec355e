import type { Finding } from "./facts/finding.js";
import { FindingIndex } from "./facts/finding-index.js";
import type { ProposalFile } from "./facts/proposal-file.js";
import type { Judged, Rule } from "./facts/rule.js";
import type { Fold } from "./fold.js";
import type { Judge } from "./judge.js";

/** What of a proposal is reviewed, beside the proposal itself. */
export type Suspects = Partial<Pick<ProposalFile, "doubleVotes" | "flags">>;

export const NO_FINDINGS: readonly Finding[] = [];

/** What the rules say about proposals as they stand at the present moment. */
export class Reviews {
  readonly #fold: Fold;
  readonly #judge: Judge;
  readonly #hasOwn: boolean;
  /** The proposals that entries named since all were reviewed; undefined if all must be again. */
  #named: Set<string> | undefined;
  /** The proposals about which something was found when all were reviewed. */
  #suspicious: ReadonlySet<ProposalFile> = new Set();
  /** Undefined when an entry came since. */
  #all: FindingIndex | undefined;

  /** @param hasOwn - Whether rules of the app review proposals. */
  constructor(fold: Fold, judge: Judge, hasOwn: boolean) {
    this.#fold = fold;
    this.#judge = judge;
    this.#hasOwn = hasOwn;
  }

  /** Must be told of each entry after the first answer. */
  entryCame(proposalId: string | undefined): void {
    this.#all = undefined;
    if (this.#named === undefined || proposalId === undefined) return;
    this.#named.add(proposalId);
    if (2 * this.#named.size > this.#fold.fileCount) this.#named = undefined;
  }

  /** What is found about one proposal. */
  of(file: ProposalFile | undefined, suspects: Suspects = file ?? {}): readonly Finding[] {
    if (file === undefined || !file.isJudged) return NO_FINDINGS;
    let findings: Finding[] | undefined;
    const take = (rule: Rule, judged: Judged): void => {
      if (judged === undefined) return;
      findings ??= [];
      for (const finding of this.#judge.findingsOf(rule, judged, file.proposalId))
        findings.push(finding);
    };
    const { review, reviewDoubleVote, reviewFlag } = this.#judge.hooks;
    for (const rule of review) take(rule, rule.review(file, this.#fold));
    if (suspects.doubleVotes !== undefined)
      for (const double of suspects.doubleVotes)
        for (const rule of reviewDoubleVote)
          take(rule, rule.reviewDoubleVote(double, file, this.#fold));
    if (suspects.flags !== undefined)
      for (const flag of suspects.flags)
        for (const rule of reviewFlag) take(rule, rule.reviewFlag(flag, file, this.#fold));
    return findings ?? NO_FINDINGS;
  }

  /** What is found about all of them. Answers about many subjects and proposals share it. */
  all(): FindingIndex {
    if (this.#all !== undefined) return this.#all;
    const all = new FindingIndex();
    const suspicious = new Set<ProposalFile>();
    for (const file of this.#reviewable()) {
      const findings = this.of(file);
      if (findings.length > 0) suspicious.add(file);
      for (const finding of findings) all.add(finding);
    }
    this.#named = this.#hasOwn ? undefined : new Set();
    this.#suspicious = suspicious;
    this.#all = all;
    return all;
  }

  /**
   * Of a proposal about which there was nothing to say, only a new entry about it brings something.
   * Only rules of the app can say something new about any proposal at any time.
   */
  #reviewable(): Iterable<ProposalFile> {
    if (this.#named === undefined) return this.#fold.files;
    const files = new Set(this.#suspicious);
    for (const proposalId of this.#named) {
      const file = this.#fold.file(proposalId);
      if (file !== undefined) files.add(file);
    }
    return files;
  }
}
