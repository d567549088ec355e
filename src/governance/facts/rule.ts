import type { AuditEntry } from "../../entry/audit-entry.js";
import type { Judgement, Severity } from "./finding.js";
import type { MemberFacts } from "./members.js";
import type { Policy } from "./policy.js";
import type {
  CastVote,
  DoubleVote,
  Flag,
  NodeEffect,
  ProposalFacts,
  Result,
} from "./proposal-facts.js";
import type { Answer, StandingEvent, StandingFacts } from "./standing-facts.js";

/** What the trail knew when an entry came. The entry itself is not part of it yet. */
export interface TrailFacts {
  readonly policy: Policy;
  readonly members: MemberFacts;
  readonly standing: StandingFacts;
  /** Whether the trail begins with sequence 0 and has no gap. */
  readonly isComplete: boolean;
  /** Whether no entry is missing after one. */
  isCompleteSince(sequence: number): boolean;
  /** Whether a proposal was created before. */
  readonly hasProposals: boolean;
  /** The present moment, in milliseconds since 1970: see the option `at` of `replay`. */
  readonly nowMillis: number;
  /** All that the trail holds of a proposal, if anything. */
  file(proposalId: string | undefined): ProposalFacts | undefined;
  /** The proposals about a subject, in the order in which they were created. */
  filesAbout(subjectId: string): readonly ProposalFacts[];
  /** Whether a subject is authorized at a time, after all that came before. */
  isAuthorized(subjectId: string, atMillis: number): Answer;
}

/** What a rule says: nothing, where it is kept. */
export type Judged = Judgement | readonly Judgement[] | undefined;

/**
 * One rule of governance: when it is asked, and what it says. Each function gets what one entry
 * says, and what the trail knew before it. A rule has only the functions that it needs.
 *
 * @example A rule of the app: a proposer does not sign the result
 * ```ts
 * import { type Rule, replay } from "quorumlog/governance";
 *
 * const noOwnResult: Rule = {
 *   id: "own-result",
 *   title: "A proposer does not sign the result",
 *   reason: "A result needs a second person.",
 *   needs: "who proposed",
 *   severity: "warning",
 *   onResult: ({ sequence, signerDid }, { creation }) =>
 *     creation !== undefined && creation.proposerDid === signerDid
 *       ? { status: "violated", sequences: [creation.sequence, sequence], message: "own result" }
 *       : undefined,
 * };
 * console.log(replay([], { rules: [noOwnResult] }).findings());
 * ```
 */
export interface Rule {
  /** Stable, `[a-z][a-z0-9-]*`. */
  readonly id: string;
  /** What it says, in one line. */
  readonly title: string;
  /** Why it matters. */
  readonly reason: string;
  /** What must be recorded for it to be decided. */
  readonly needs: string;
  /** What a violation of it counts as, unless the policy says otherwise. */
  readonly severity: Severity;
  /** Each entry, whatever its operation. */
  readonly onEntry?: (entry: AuditEntry, facts: TrailFacts) => Judged;
  readonly onVote?: (vote: CastVote, file: ProposalFacts, facts: TrailFacts) => Judged;
  readonly onResult?: (result: Result, file: ProposalFacts, facts: TrailFacts) => Judged;
  readonly onFlag?: (flag: Flag, file: ProposalFacts, facts: TrailFacts) => Judged;
  readonly onGrant?: (
    grant: StandingEvent,
    file: ProposalFacts | undefined,
    facts: TrailFacts,
  ) => Judged;
  readonly onRevocation?: (
    revocation: StandingEvent,
    file: ProposalFacts | undefined,
    facts: TrailFacts,
  ) => Judged;
  /** A node that comes or goes. `file` is the proposal that it names, or that is about it. */
  readonly onNode?: (
    node: NodeEffect,
    file: ProposalFacts | undefined,
    facts: TrailFacts,
  ) => Judged;
  /**
   * Entries are missing between two others. `after` is -1 where the first ones are missing. With
   * `isEnd`, all entries after `after` are missing, and no entry `before` is there.
   */
  readonly onGap?: (after: number, before: number, isEnd: boolean) => Judged;
  /** A proposal as it stands at the present moment. What this says can change with every entry. */
  readonly review?: (file: ProposalFacts, facts: TrailFacts) => Judged;
  /**
   * Two different answers of one voter, as they stand at the present moment. `feed` asks about them
   * when the second answer comes, and when the proposal begins or gets its first result.
   */
  readonly reviewDoubleVote?: (
    double: DoubleVote,
    file: ProposalFacts,
    facts: TrailFacts,
  ) => Judged;
  /** A flag, in the same way: `feed` asks about it when it comes. */
  readonly reviewFlag?: (flag: Flag, file: ProposalFacts, facts: TrailFacts) => Judged;
}

/** A violation, or what cannot be told where the trail is not complete. */
export function violatedOr(
  isComplete: boolean,
  violated: Omit<Judgement, "status">,
  undetermined: string,
): Judgement {
  return isComplete
    ? { status: "violated", ...violated }
    : { ...violated, status: "undetermined", message: undetermined };
}
