import type { AuditEntry } from "../entry/audit-entry.js";
import { rfc3339Millis } from "../entry/timestamp.js";
import { AuditError } from "../errors.js";
import {
  creationOf,
  effectOf,
  flagOf,
  millisOf,
  nodeNameIn,
  recordedMillisOf,
  resultOf,
  standingEventOf,
  voteOf,
  weightIn,
} from "./facts/facts-of.js";
import { Members } from "./facts/members.js";
import type { Policy } from "./facts/policy.js";
import { type Effect, ProposalFile } from "./facts/proposal-file.js";
import type { TrailFacts } from "./facts/rule.js";
import { type Answer, Standing } from "./facts/standing.js";
import type { Judge } from "./judge.js";

/** A moment of a trail: after a sequence, or a time. */
export type At = Date | number;

/** Entries that are missing between two others. */
export interface Gap {
  /** -1 where the first entries are missing. */
  readonly after: number;
  readonly before: number;
}

/** Folds the entries of one log in their order, and asks the rules about each. */
export class Fold implements TrailFacts {
  readonly policy: Policy;
  readonly members: Members = new Members();
  readonly standing: Standing;
  readonly #judge: Judge;
  readonly #at: At | undefined;
  readonly #sinceMillis: number;
  readonly #files = new Map<string, ProposalFile>();
  readonly #aboutSubject = new Map<string, ProposalFile[]>();
  /** Values that come again and again are kept once. */
  readonly #names = new Map<string, string>();
  readonly #gaps: Gap[] = [];
  /** The entries that count, and when each was recorded. */
  readonly #sequences: number[] = [];
  readonly #recordedMillis: number[] = [];
  readonly #recordedLater: number[] = [];
  #last = -1;
  #nowMillis = 0;
  #hasProposals = false;

  /** @param at - Entries after this moment are passed over. */
  constructor(policy: Policy, judge: Judge, at?: At) {
    const kinds = Object.entries(policy.kinds ?? {});
    this.policy = policy;
    this.standing = new Standing(
      kinds.filter(([, { confersStanding }]) => confersStanding === true).map(([kind]) => kind),
    );
    this.#judge = judge;
    this.#at = at;
    this.#sinceMillis = rfc3339Millis(policy.since ?? "") ?? Number.NEGATIVE_INFINITY;
  }

  /** The newest entry that counts; -1 before the first. */
  get lastSequence(): number {
    return this.#sequences.at(-1) ?? -1;
  }

  get nowMillis(): number {
    return this.#at instanceof Date ? this.#at.getTime() : this.#nowMillis;
  }

  get isComplete(): boolean {
    return this.#gaps.length === 0;
  }

  get hasProposals(): boolean {
    return this.#hasProposals;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** Entries that count by their time, and were recorded after the moment. */
  get recordedLater(): readonly number[] {
    return this.#recordedLater;
  }

  /** All proposals, in the order in which the trail first names them. */
  get files(): Iterable<ProposalFile> {
    return this.#files.values();
  }

  file(proposalId: string | undefined): ProposalFile | undefined {
    return proposalId === undefined ? undefined : this.#files.get(proposalId);
  }

  filesAbout(subjectId: string): readonly ProposalFile[] {
    return this.#aboutSubject.get(subjectId) ?? [];
  }

  isAuthorized(subjectId: string, atMillis: number): Answer {
    return this.standing.isAuthorizedNow(subjectId, atMillis, this.#gaps.at(-1)?.before ?? 0);
  }

  /** When the newest entry up to a sequence was recorded; 0 before the first. */
  timeAfter(sequence: number): number {
    let low = 0;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#recordedMillis[low - 1] ?? 0;
  }

  /** Whether the policy judges what happened at a time. */
  judges(millis: number): boolean {
    return millis >= this.#sinceMillis;
  }

  /** Folds one entry. Throws `AuditError` `invalid_evidence` if its sequence does not rise. */
  add(entry: AuditEntry): void {
    const { sequence } = entry;
    if (!Number.isSafeInteger(sequence) || sequence <= this.#last)
      throw new AuditError(
        "invalid_evidence",
        `sequence: ${sequence} comes after ${this.#last}; a trail is the entries of one log in ` +
          "the order of their sequences, each once",
        { field: "sequence" },
      );
    if (sequence > this.#last + 1) this.#addGap({ after: this.#last, before: sequence });
    this.#last = sequence;
    if (!this.#counts(entry)) return;
    // an entry that is dated back is judged by when it was recorded, unless it was imported
    const isImported = Object.hasOwn(entry.details, "imported_log");
    const isJudged = this.judges(isImported ? millisOf(entry) : recordedMillisOf(entry));
    if (isJudged)
      for (const rule of this.#judge.hooks.onEntry)
        this.#judge.take(rule, rule.onEntry(entry, this), entry.proposalId);
    this.#nowMillis = recordedMillisOf(entry);
    this.#sequences.push(sequence);
    this.#recordedMillis.push(this.#nowMillis);
    this.#fold(entry, isJudged);
  }

  /** All entries came. Those up to the length of the log that did not come are missing. */
  end(length: number | undefined): void {
    if (length !== undefined && length > this.#last + 1)
      this.#addGap({ after: this.#last, before: length });
  }

  #counts(entry: AuditEntry): boolean {
    if (this.#at === undefined) return true;
    if (!(this.#at instanceof Date)) return entry.sequence <= this.#at;
    if (millisOf(entry) > this.#at.getTime()) return false;
    if (recordedMillisOf(entry) > this.#at.getTime()) this.#recordedLater.push(entry.sequence);
    return true;
  }

  #addGap(gap: Gap): void {
    // after the moment that was asked for, nothing can be missing
    if (typeof this.#at === "number" && gap.after >= this.#at) return;
    this.#gaps.push(gap);
    this.members.gapBefore(gap.before);
    for (const rule of this.#judge.hooks.onGap)
      this.#judge.take(rule, rule.onGap(gap.after, gap.before), undefined);
  }

  #fold(entry: AuditEntry, isJudged: boolean): void {
    switch (entry.operation as string) {
      case "proposal_created":
        this.#addProposal(entry);
        break;
      case "vote_cast":
        this.#addVote(entry, isJudged);
        break;
      case "consensus_reached":
        this.#addResult(entry, isJudged);
        break;
      case "byzantine_detected":
        this.#addFlag(entry, isJudged);
        break;
      case "node_added":
      case "node_removed":
        this.#addNode(entry, isJudged);
        break;
      case "authorization_granted":
      case "authorization_revoked":
        this.#addAuthorization(entry, isJudged);
        break;
    }
  }

  #addProposal(entry: AuditEntry): void {
    this.#hasProposals = true;
    if (entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    // a second proposal under one id changes nothing of the first
    if (file.creation !== undefined) return;
    const creation = creationOf(entry);
    file.creation = { ...creation, proposerDid: this.#kept(creation.proposerDid) };
    if (creation.subjectId === undefined) return;
    const known = this.#aboutSubject.get(creation.subjectId);
    if (known === undefined) this.#aboutSubject.set(creation.subjectId, [file]);
    else known.push(file);
  }

  #addVote(entry: AuditEntry, isJudged: boolean): void {
    const vote = voteOf(entry, (name) => this.#kept(name));
    if (vote === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    if (isJudged)
      for (const rule of this.#judge.hooks.onVote)
        this.#judge.take(rule, rule.onVote(vote, file, this), file.proposalId);
    file.addVote(vote);
  }

  #addResult(entry: AuditEntry, isJudged: boolean): void {
    const result = resultOf(entry);
    if (result === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    if (isJudged)
      for (const rule of this.#judge.hooks.onResult)
        this.#judge.take(rule, rule.onResult(result, file, this), file.proposalId);
    file.addResult(result);
  }

  #addFlag(entry: AuditEntry, isJudged: boolean): void {
    const flag = flagOf(entry);
    if (flag === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    if (isJudged)
      for (const rule of this.#judge.hooks.onFlag)
        this.#judge.take(rule, rule.onFlag(flag, file, this), file.proposalId);
    file.addFlag(flag);
  }

  #addNode(entry: AuditEntry, isJudged: boolean): void {
    const effect = effectOf(entry);
    const did = this.#kept(entry.actorDid);
    if (effect === undefined || did === undefined) return;
    const file = this.#proposalOfNode(entry, effect, did);
    if (isJudged)
      for (const rule of this.#judge.hooks.onNode)
        this.#judge.take(rule, rule.onNode(effect, file, this), file?.proposalId);
    if (file !== undefined) file.addEffect(effect);
    this.members.change({
      sequence: entry.sequence,
      millis: effect.millis,
      did,
      isMember: effect.operation === "node_added",
      name: nodeNameIn(entry),
      weight: weightIn(entry),
    });
  }

  /** The proposal that a node names; else the passed one about it that nobody carried out yet. */
  #proposalOfNode(
    { proposalId }: AuditEntry,
    { operation }: Effect,
    did: string,
  ): ProposalFile | undefined {
    if (proposalId !== undefined) return this.#fileFor(proposalId);
    const kind = operation === "node_added" ? "add-node" : "remove-node";
    return this.filesAbout(did).find(
      ({ creation, passed, effects }) =>
        creation?.kind === kind && passed !== undefined && effects.length === 0,
    );
  }

  #addAuthorization(entry: AuditEntry, isJudged: boolean): void {
    const event = standingEventOf(entry);
    const effect = effectOf(entry);
    if (event === undefined || effect === undefined) return;
    const file = entry.proposalId === undefined ? undefined : this.#fileFor(entry.proposalId);
    if (isJudged && event.isGrant)
      for (const rule of this.#judge.hooks.onGrant)
        this.#judge.take(rule, rule.onGrant(event, file, this), file?.proposalId);
    if (isJudged && !event.isGrant)
      for (const rule of this.#judge.hooks.onRevocation)
        this.#judge.take(rule, rule.onRevocation(event, file, this), file?.proposalId);
    if (file !== undefined) file.addEffect(effect);
    this.standing.add(event);
  }

  #fileFor(proposalId: string): ProposalFile {
    const known = this.#files.get(proposalId);
    if (known !== undefined) return known;
    const file = new ProposalFile(proposalId);
    this.#files.set(proposalId, file);
    return file;
  }

  #kept<Name extends string | undefined>(name: Name): Name {
    if (name === undefined) return name;
    const known = this.#names.get(name);
    if (known !== undefined) return known as Name;
    this.#names.set(name, name);
    return name;
  }
}
