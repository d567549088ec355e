import type { AuditEntry } from "../entry/audit-entry.js";
import { formatTimestamp } from "../entry/timestamp.js";
import { AuditError } from "../errors.js";
import type { ProposalCase, ProposalState, SubjectCase } from "./cases.js";
import type { Finding } from "./facts/finding.js";
import type { Member } from "./facts/members.js";
import type { ProposalFile } from "./facts/proposal-file.js";
import type { Answer, Authorization, Moment, StandingEvent } from "./facts/standing-facts.js";
import type { At, Fold } from "./fold.js";
import type { Judge } from "./judge.js";
import { type Oversight, type OversightPeriod, oversightOf } from "./oversight.js";
import { caseOf, effectOf, sequencesOf, sorted, stateOf } from "./proposal-case.js";
import { NO_FINDINGS, Reviews, type Suspects } from "./reviews.js";

/**
 * What the entries of one log mean.
 *
 * @example The questions of an auditor
 * ```ts
 * import { type GovernanceTrail, replay } from "quorumlog/governance";
 *
 * const trail: GovernanceTrail = replay([]);
 * const model = trail.subject("did:pqaid:medical-ai-v2", new Date("2026-04-14T12:05:00Z"));
 * console.log(model.authorized, model.by); // "yes", "no" or "unknown", and by which proposal
 * const decision = trail.proposal(model.by ?? "");
 * console.log(decision?.votes, decision?.quorum, decision?.dissent);
 * console.log(trail.oversight({ since: new Date("2026-01-01") }).timeToRevoke);
 * ```
 */
export interface GovernanceTrail {
  /** The newest entry that it rests on; -1 before the first. */
  readonly lastSequence: number;
  /** Whether the trail begins with sequence 0 and has no gap. */
  readonly isComplete: boolean;
  /**
   * The first entry after the newest gap; 0 where nothing is missing. It is greater than
   * `lastSequence` where the newest entries are missing.
   */
  readonly knownSince: number;
  /**
   * The present moment, RFC 3339: that of `at`, else when the newest entry was recorded. Its
   * `timestamp` does not count, because a writer can date an entry back.
   */
  readonly now: string;
  /** Entries that happened by the time of `at` and were recorded after it. */
  readonly recordedLater: readonly number[];
  /** All that the trail says about a proposal; undefined if no entry names it. */
  proposal(proposalId: string): ProposalCase | undefined;
  /** The cases of all proposals, in the order in which entries first name them. */
  proposals(filter?: {
    readonly state?: ProposalState;
    readonly subjectId?: string;
  }): ProposalCase[];
  /** Whether a subject is authorized, by which decision, and its history. */
  subject(subjectId: string, at?: At): SubjectCase;
  /** All authorizations in force, the oldest grant first. */
  standing(at?: At): Authorization[];
  /** The nodes and their weights, in the order in which they came. */
  members(at?: At): Member[];
  /** Where rules are not known to be kept, by sequence. */
  findings(): Finding[];
  /** Who decided, how fast, and with how much dissent. */
  oversight(period?: OversightPeriod): Oversight;
  /**
   * Folds one more entry of the same log.
   *
   * @returns What this entry brought. What only time brings, such as an overdue decision, is in
   * `findings()`.
   * @throws `AuditError` `invalid_evidence` when its sequence does not rise.
   */
  feed(entry: AuditEntry): readonly Finding[];
}

/** What is reviewed when an entry brings no vote that differs, and no flag. */
const NO_SUSPECTS: Suspects = {};

/** Answers from what was folded. */
export class Trail implements GovernanceTrail {
  readonly #fold: Fold;
  readonly #judge: Judge;
  readonly #reviews: Reviews;

  /** @param hasOwnReviews - Whether rules of the app review proposals. */
  constructor(fold: Fold, judge: Judge, hasOwnReviews: boolean) {
    this.#fold = fold;
    this.#judge = judge;
    this.#reviews = new Reviews(fold, judge, hasOwnReviews);
  }

  get lastSequence(): number {
    return this.#fold.lastSequence;
  }

  get isComplete(): boolean {
    return this.#fold.isComplete;
  }

  get knownSince(): number {
    return this.#fold.knownSince;
  }

  get now(): string {
    return formatTimestamp(this.#fold.nowMillis);
  }

  get recordedLater(): readonly number[] {
    return this.#fold.recordedLater;
  }

  proposal(proposalId: string): ProposalCase | undefined {
    const file = this.#fold.file(proposalId);
    if (file === undefined) return undefined;
    return caseOf(file, this.#findingsAbout(file), this.#fold);
  }

  proposals({
    state,
    subjectId,
  }: {
    readonly state?: ProposalState;
    readonly subjectId?: string;
  } = {}): ProposalCase[] {
    return [...this.#fold.files]
      .filter(
        (file) =>
          (state === undefined || stateOf(file, this.#fold.nowMillis) === state) &&
          (subjectId === undefined || file.creation?.subjectId === subjectId),
      )
      .map((file) => caseOf(file, this.#findingsAbout(file), this.#fold));
  }

  subject(subjectId: string, at?: At): SubjectCase {
    const moment = this.#momentOf(at);
    const { standing } = this.#fold;
    const found = [this.#judge.findings, this.#reviews.all()];
    const authorizations = this.#authorizations(subjectId, moment);
    const authorized = standing.isAuthorized(subjectId, authorizations, moment);
    const current =
      authorized === "yes"
        ? authorizations.find(({ ended, isCertain }) => isCertain && ended === undefined)
        : undefined;
    const events = standing.eventsOf(subjectId).filter(moment.counts);
    const files = this.#fold
      .filesAbout(subjectId)
      .filter(({ creation }) => creation !== undefined && moment.counts(creation));
    const proposals = files.map(({ proposalId }) => proposalId);
    const named = new Set([...proposals, ...events.map(({ proposalId }) => proposalId)]);
    const about = [...named]
      .filter((proposalId) => proposalId !== undefined)
      .flatMap((proposalId) => found.flatMap((index) => index.ofProposal(proposalId)));
    const own = found.flatMap((index) => index.ofSubject(subjectId));
    const findings = bySequence([...new Set([...own, ...about])]);
    return {
      subjectId,
      at: {
        sequence: typeof at === "number" ? Math.min(at, this.lastSequence) : this.lastSequence,
        time: formatTimestamp(moment.nowMillis),
      },
      authorized,
      ...(current === undefined ? {} : { since: current.since }),
      ...(current?.validUntil === undefined ? {} : { until: current.validUntil }),
      ...(current?.proposalId === undefined ? {} : { by: current.proposalId }),
      authorizations,
      history: events.map(historyOf),
      proposals,
      findings,
      recordedLater: at instanceof Date ? this.#recordedLater(events, at) : [...this.recordedLater],
      sequences: sorted([
        ...events.map(({ sequence }) => sequence),
        ...[...new Set(events.map(({ proposalId }) => proposalId))].flatMap((proposalId) =>
          sequencesOf(this.#fold.file(proposalId), this.#fold),
        ),
        ...findings.flatMap(({ sequences }) => sequences),
      ]),
    };
  }

  standing(at?: At): Authorization[] {
    const moment = this.#momentOf(at);
    return [...this.#fold.standing.subjects]
      .flatMap((subjectId) => this.#authorizations(subjectId, moment))
      .filter(({ ended }) => ended === undefined)
      .sort((a, b) => a.grantedBy - b.grantedBy);
  }

  members(at?: At): Member[] {
    return this.#fold.members.list(this.#momentOf(at).counts);
  }

  findings(): Finding[] {
    return bySequence([...this.#judge.findings.all, ...this.#reviews.all().all]);
  }

  oversight(period?: OversightPeriod): Oversight {
    return oversightOf(this.#fold, period);
  }

  feed(entry: AuditEntry): readonly Finding[] {
    const { all } = this.#judge.findings;
    const count = all.length;
    const before = this.#fold.file(entry.proposalId);
    const isWhole = beginsOrDecides(entry, before);
    const reviewed = this.#reviews.of(before, isWhole ? before : NO_SUSPECTS);
    this.#reviews.entryCame(entry.proposalId);
    this.#fold.add(entry);
    const file = before ?? this.#fold.file(entry.proposalId);
    const changed = this.#reviews.of(file, isWhole ? file : suspectsOf(entry, file));
    const found = all.length === count ? NO_FINDINGS : all.slice(count);
    if (changed.length === 0) return found;
    const known = new Set(reviewed.map(keyOf));
    return [...found, ...changed.filter((finding) => !known.has(keyOf(finding)))];
  }

  /** What is found about one proposal, by sequence. */
  #findingsAbout(file: ProposalFile): Finding[] {
    return bySequence([
      ...this.#judge.findings.ofProposal(file.proposalId),
      ...this.#reviews.of(file),
    ]);
  }

  /** The authorizations of a subject, with the decision that each rests on. */
  #authorizations(subjectId: string, moment: Moment): Authorization[] {
    return this.#fold.standing
      .authorizations(subjectId, moment)
      .map((authorization): Authorization => {
        const passed = this.#fold.file(authorization.proposalId)?.passed;
        const isBefore = passed !== undefined && passed.sequence < authorization.grantedBy;
        return {
          ...authorization,
          ...(isBefore ? { decidedBy: passed.sequence } : {}),
          isValid: this.#validityOf(authorization),
        };
      });
  }

  #validityOf(authorization: Pick<Authorization, "proposalId" | "grantedBy">): Answer {
    const answers = [this.#judge.findings, this.#reviews.all()].map((index) =>
      index.validityOf(authorization),
    );
    return answers.includes("no") ? "no" : answers.includes("unknown") ? "unknown" : "yes";
  }

  #recordedLater(events: readonly StandingEvent[], at: Date): number[] {
    return events
      .map(({ sequence }) => sequence)
      .filter((sequence) => this.#fold.timeAfter(sequence) > at.getTime());
  }

  #momentOf(at: At | undefined): Moment {
    const { gaps, nowMillis } = this.#fold;
    if (at === undefined)
      return { counts: () => true, nowMillis, knownSince: gaps.at(-1)?.before ?? 0 };
    if (at instanceof Date) {
      const time = at.getTime();
      if (Number.isNaN(time)) throw invalidMoment("expected a valid Date");
      return {
        counts: ({ millis }) => millis <= time,
        nowMillis: time,
        knownSince: gaps.at(-1)?.before ?? 0,
      };
    }
    if (!Number.isSafeInteger(at)) throw invalidMoment("expected a Date or a sequence");
    return {
      counts: ({ sequence }) => sequence <= at,
      nowMillis: this.#fold.timeAfter(at),
      knownSince: gaps.findLast(({ after }) => after < at)?.before ?? 0,
    };
  }
}

/** Whether an entry changes how all double votes and flags of its proposal stand. */
function beginsOrDecides({ operation }: AuditEntry, file: ProposalFile | undefined): boolean {
  return (
    (operation === "proposal_created" && file?.creation === undefined) ||
    (operation === "consensus_reached" && file?.results.length === 0)
  );
}

/** The double vote that an entry completes, or the flag that it is. */
function suspectsOf(
  { operation, actorDid, sequence }: AuditEntry,
  file: ProposalFile | undefined,
): Suspects {
  if (file === undefined || actorDid === undefined) return NO_SUSPECTS;
  const double = operation === "vote_cast" ? file.doubleVoteOf(actorDid) : undefined;
  const flag = operation === "byzantine_detected" ? file.flags.at(-1) : undefined;
  if (double?.sequences.at(-1) === sequence) return { doubleVotes: [double] };
  return flag?.sequence === sequence ? { flags: [flag] } : NO_SUSPECTS;
}

function historyOf(event: StandingEvent): SubjectCase["history"][number] {
  return effectOf(event, event.operation);
}

function keyOf({ rule, status, sequences }: Finding): string {
  return `${rule} ${status} ${sequences.join(" ")}`;
}

function bySequence(findings: Finding[]): Finding[] {
  const last = ({ sequences }: Finding): number => sequences.at(-1) ?? 0;
  return findings.sort((a, b) => last(a) - last(b));
}

function invalidMoment(reason: string): AuditError {
  return new AuditError("invalid_query", `at: ${reason}`, { field: "at" });
}
