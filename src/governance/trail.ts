import type { AuditEntry } from "../entry/audit-entry.js";
import { formatTimestamp } from "../entry/timestamp.js";
import { AuditError } from "../errors.js";
import type { ProposalCase, ProposalState, SubjectCase } from "./cases.js";
import type { Finding } from "./facts/finding.js";
import type { Member } from "./facts/members.js";
import type { ProposalFile } from "./facts/proposal-file.js";
import type { Judged, Rule } from "./facts/rule.js";
import type { Answer, Authorization, Moment, StandingEvent } from "./facts/standing-facts.js";
import type { At, Fold } from "./fold.js";
import type { Judge } from "./judge.js";
import { type Oversight, type OversightPeriod, oversightOf } from "./oversight.js";
import { caseOf, effectOf, sequencesOf, sorted, stateOf } from "./proposal-case.js";

/** What the entries of one log mean. */
export interface GovernanceTrail {
  /** The newest entry that it rests on; -1 before the first. */
  readonly lastSequence: number;
  /** Whether the trail begins with sequence 0 and has no gap. */
  readonly isComplete: boolean;
  /** The present moment, RFC 3339: that of `at`, else the time of the newest entry. */
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

const NO_FINDINGS: readonly Finding[] = [];

/** Answers from what was folded. */
export class Trail implements GovernanceTrail {
  readonly #fold: Fold;
  readonly #judge: Judge;

  constructor(fold: Fold, judge: Judge) {
    this.#fold = fold;
    this.#judge = judge;
  }

  get lastSequence(): number {
    return this.#fold.lastSequence;
  }

  get isComplete(): boolean {
    return this.#fold.isComplete;
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
    const kept = this.#judge.findings.filter((finding) => finding.proposalId === proposalId);
    return caseOf(file, bySequence([...kept, ...this.#review(file)]), this.#fold);
  }

  proposals({
    state,
    subjectId,
  }: {
    readonly state?: ProposalState;
    readonly subjectId?: string;
  } = {}): ProposalCase[] {
    const findings = Map.groupBy(this.#judge.findings, ({ proposalId }) => proposalId);
    const files = [...this.#fold.files].filter(
      (file) =>
        (state === undefined || stateOf(file, this.#fold.nowMillis) === state) &&
        (subjectId === undefined || file.creation?.subjectId === subjectId),
    );
    return files.map((file) =>
      caseOf(
        file,
        bySequence([...(findings.get(file.proposalId) ?? []), ...this.#review(file)]),
        this.#fold,
      ),
    );
  }

  subject(subjectId: string, at?: At): SubjectCase {
    const moment = this.#momentOf(at);
    const { standing } = this.#fold;
    const all = this.findings();
    const authorizations = this.#authorizations(subjectId, moment, all);
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
    const named = new Set<string | undefined>([
      ...proposals,
      ...events.map(({ proposalId }) => proposalId),
    ]);
    const findings = all.filter(
      (finding) =>
        finding.subjectId === subjectId ||
        (finding.proposalId !== undefined && named.has(finding.proposalId)),
    );
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
          sequencesOf(this.#fold.file(proposalId)),
        ),
        ...findings.flatMap(({ sequences }) => sequences),
      ]),
    };
  }

  standing(at?: At): Authorization[] {
    const moment = this.#momentOf(at);
    const findings = Map.groupBy(this.findings(), ({ proposalId }) => proposalId);
    return [...this.#fold.standing.subjects]
      .flatMap((subjectId) => {
        const named = this.#fold.standing.eventsOf(subjectId).map(({ proposalId }) => proposalId);
        const about = [...new Set(named)].flatMap((proposalId) => findings.get(proposalId) ?? []);
        return this.#authorizations(subjectId, moment, about);
      })
      .filter(({ ended }) => ended === undefined)
      .sort((a, b) => a.grantedBy - b.grantedBy);
  }

  members(at?: At): Member[] {
    return this.#fold.members.list(this.#momentOf(at).counts);
  }

  findings(): Finding[] {
    return bySequence([
      ...this.#judge.findings,
      ...[...this.#fold.files].flatMap((file) => this.#review(file)),
    ]);
  }

  oversight(period?: OversightPeriod): Oversight {
    return oversightOf(this.#fold, period);
  }

  feed(entry: AuditEntry): readonly Finding[] {
    const count = this.#judge.findings.length;
    const file = this.#fold.file(entry.proposalId);
    const voters = votersToReview(entry, file);
    const reviewed = this.#review(file, voters);
    this.#fold.add(entry);
    const found = this.#judge.findings.slice(count);
    const changed = this.#review(file ?? this.#fold.file(entry.proposalId), voters);
    if (changed.length === 0) return found;
    const known = new Set(reviewed.map(keyOf));
    return [...found, ...changed.filter((finding) => !known.has(keyOf(finding)))];
  }

  /** The authorizations of a subject, with the decision that each rests on. */
  #authorizations(subjectId: string, moment: Moment, findings: readonly Finding[]) {
    return this.#fold.standing
      .authorizations(subjectId, moment)
      .map((authorization): Authorization => {
        const passed = this.#fold.file(authorization.proposalId)?.passed;
        const isBefore = passed !== undefined && passed.sequence < authorization.grantedBy;
        return {
          ...authorization,
          ...(isBefore ? { decidedBy: passed.sequence } : {}),
          isValid: validityOf(authorization, findings),
        };
      });
  }

  #recordedLater(events: readonly StandingEvent[], at: Date): number[] {
    return events
      .map(({ sequence }) => sequence)
      .filter((sequence) => this.#fold.timeAfter(sequence) > at.getTime());
  }

  /** @param voters - Of those who have to be reviewed. */
  #review(
    file: ProposalFile | undefined,
    voters: Iterable<string> = file?.suspects ?? [],
  ): readonly Finding[] {
    const began = file?.results[0]?.millis ?? file?.creation?.millis;
    if (file === undefined || (began !== undefined && !this.#fold.judges(began)))
      return NO_FINDINGS;
    let findings: Finding[] | undefined;
    const take = (rule: Rule, judged: Judged): void => {
      if (judged === undefined) return;
      findings ??= [];
      findings.push(...this.#judge.findingsOf(rule, judged, file.proposalId));
    };
    const { review, reviewVoter } = this.#judge.hooks;
    for (const rule of review) take(rule, rule.review(file, this.#fold));
    for (const voter of voters)
      if (file.isSuspect(voter))
        for (const rule of reviewVoter) take(rule, rule.reviewVoter(voter, file, this.#fold));
    return findings ?? NO_FINDINGS;
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

/** The voters of whom an entry may change what a review says. */
function votersToReview(
  { operation, actorDid }: AuditEntry,
  file: ProposalFile | undefined,
): Iterable<string> {
  switch (operation as string) {
    case "vote_cast":
    case "byzantine_detected":
      return actorDid === undefined ? [] : [actorDid];
    case "proposal_created":
      return file?.creation === undefined ? (file?.suspects ?? []) : [];
    case "consensus_reached":
      return file?.results.length === 0 ? file.suspects : [];
    default:
      return [];
  }
}

function historyOf(event: StandingEvent): SubjectCase["history"][number] {
  return effectOf(event, event.operation);
}

/** Whether no rule of severity error was broken, in the case of a grant, when it was made. */
function validityOf(
  { proposalId, grantedBy }: Omit<Authorization, "isValid">,
  findings: readonly Finding[],
): Answer {
  const errors = findings.filter(
    (finding) =>
      finding.severity === "error" &&
      finding.status !== "pending" &&
      finding.proposalId === proposalId &&
      finding.sequences.some((sequence) => sequence <= grantedBy) &&
      (finding.status === "undetermined" || (finding.sequences.at(-1) ?? 0) <= grantedBy),
  );
  if (errors.some(({ status }) => status === "violated")) return "no";
  return errors.length > 0 ? "unknown" : "yes";
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
