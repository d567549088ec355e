import type { AuditEntry } from "../entry/audit-entry.js";
import { rfc3339Millis } from "../entry/timestamp.js";
import { AuditError } from "../errors.js";
import {
  assertEntry,
  creationOf,
  flagOf,
  isImported,
  type Keeper,
  millisOf,
  nodeNameIn,
  nodeOf,
  recordedMillisOf,
  resultOf,
  standingEventOf,
  voteOf,
  weightIn,
} from "./facts/facts-of.js";
import { Members } from "./facts/members.js";
import type { Policy } from "./facts/policy.js";
import type { NodeEffect } from "./facts/proposal-facts.js";
import { ProposalFile } from "./facts/proposal-file.js";
import { RecordedTimes } from "./facts/recorded-times.js";
import type { TrailFacts } from "./facts/rule.js";
import { Standing } from "./facts/standing.js";
import type { Answer } from "./facts/standing-facts.js";
import { VoteTable } from "./facts/vote-table.js";
import { Judge } from "./judge.js";

/** A moment of a trail: after a sequence, or a time. */
export type At = Date | number;

/** Throws `AuditError` `invalid_query` for what is no moment. */
export function assertMoment(at: unknown): void {
  if (at instanceof Date ? !Number.isNaN(at.getTime()) : Number.isSafeInteger(at)) return;
  throw new AuditError("invalid_query", "at: expected a valid Date or a sequence", { field: "at" });
}

/** Entries that are missing between two others. */
export interface Gap {
  /** -1 where the first entries are missing. */
  readonly after: number;
  readonly before: number;
}

/** An operation of the app's own that names a proposal. */
export interface Mention {
  readonly sequence: number;
  readonly millis: number;
  readonly operation: string;
  readonly actorDid: string | undefined;
}

const DELEGATION = { kind: "delegation" } as const;

/** Judges the entries that the policy does not judge: no rule is asked. */
const NOBODY = new Judge([], {});

/** Folds the entries of one log in their order, and asks the rules about each. */
export class Fold implements TrailFacts {
  readonly policy: Policy;
  readonly members: Members = new Members();
  readonly standing: Standing;
  readonly #judge: Judge;
  readonly #at: At | undefined;
  readonly #sinceMillis: number;
  readonly #files = new Map<string, ProposalFile>();
  /** What was looked up last, and whether it was there. An entry asks for its own several times. */
  #soughtId: string | undefined;
  #found: ProposalFile | undefined;
  readonly #aboutSubject = new Map<string, ProposalFile[]>();
  /** Proposals to add or remove a node that passed, by kind and node. */
  readonly #passedAbout = new Map<string, Set<ProposalFile>>();
  readonly #votes = new VoteTable();
  readonly #mentions = new Map<string, Mention[]>();
  readonly #names = new Map<string, string>();
  readonly #gaps: Gap[] = [];
  readonly #times = new RecordedTimes();
  readonly #recordedLater: number[] = [];
  #last = -1;
  #hasProposals = false;

  /** @param at - Entries after this moment are passed over. */
  constructor(policy: Policy, judge: Judge, at?: At) {
    if (at !== undefined) assertMoment(at);
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
    return this.#times.lastSequence;
  }

  get nowMillis(): number {
    return this.#at instanceof Date ? this.#at.getTime() : this.#times.lastMillis;
  }

  get isComplete(): boolean {
    return this.#gaps.length === 0;
  }

  isCompleteSince(sequence: number): boolean {
    return (this.#gaps.at(-1)?.before ?? 0) <= sequence;
  }

  get hasProposals(): boolean {
    return this.#hasProposals;
  }

  /** The first entry after the newest gap; 0 where nothing is missing. */
  get knownSince(): number {
    return this.#gaps.at(-1)?.before ?? 0;
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

  get fileCount(): number {
    return this.#files.size;
  }

  file(proposalId: string | undefined): ProposalFile | undefined {
    if (proposalId === undefined) return undefined;
    if (this.#soughtId === proposalId) return this.#found;
    this.#soughtId = proposalId;
    this.#found = this.#files.get(proposalId);
    return this.#found;
  }

  filesAbout(subjectId: string): readonly ProposalFile[] {
    return this.#aboutSubject.get(subjectId) ?? [];
  }

  /** The operations of the app's own that name a proposal. */
  mentionsOf(proposalId: string): readonly Mention[] {
    return this.#mentions.get(proposalId) ?? [];
  }

  isAuthorized(subjectId: string, atMillis: number): Answer {
    return this.standing.isAuthorizedNow(subjectId, atMillis, this.knownSince);
  }

  /** When the newest entry up to a sequence was recorded; 0 before the first. */
  timeAfter(sequence: number): number {
    return this.#times.after(sequence);
  }

  /** Folds one entry. Throws `AuditError` `invalid_evidence` if its sequence does not rise. */
  add(entry: AuditEntry): void {
    assertEntry(entry);
    const millis = millisOf(entry);
    const recordedMillis = entry.recordedAt === undefined ? millis : recordedMillisOf(entry);
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
    if (!this.#counts(sequence, millis, recordedMillis)) return;
    // an entry that is dated back is judged by when it was recorded, unless it was imported
    const judgedMillis = isImported(entry) ? millis : recordedMillis;
    const judge = judgedMillis >= this.#sinceMillis ? this.#judge : NOBODY;
    for (const rule of judge.hooks.onEntry)
      judge.keep(rule, rule.onEntry(entry, this), entry.proposalId);
    this.#times.add(sequence, recordedMillis);
    this.#fold(entry, millis, recordedMillis, judge);
  }

  /** All entries came. Those up to the length of the log that did not come are missing. */
  end(length: number | undefined): void {
    if (length !== undefined && length > this.#last + 1)
      this.#addGap({ after: this.#last, before: length }, true);
  }

  #counts(sequence: number, millis: number, recordedMillis: number): boolean {
    if (this.#at === undefined) return true;
    if (!(this.#at instanceof Date)) return sequence <= this.#at;
    const atMillis = this.#at.getTime();
    if (millis > atMillis) return false;
    if (recordedMillis > atMillis) this.#recordedLater.push(sequence);
    return true;
  }

  #addGap(gap: Gap, isEnd = false): void {
    // after the moment that was asked for, nothing can be missing
    if (typeof this.#at === "number" && gap.after >= this.#at) return;
    this.#gaps.push(gap);
    this.members.gapBefore(gap.before);
    for (const rule of this.#judge.hooks.onGap)
      this.#judge.keep(rule, rule.onGap(gap.after, gap.before, isEnd), undefined);
  }

  #fold(entry: AuditEntry, millis: number, recordedMillis: number, judge: Judge): void {
    switch (entry.operation as string) {
      case "proposal_created":
        this.#addProposal(entry, millis, recordedMillis, judge);
        break;
      case "vote_cast":
        this.#addVote(entry, millis, recordedMillis, judge);
        break;
      case "consensus_reached":
        this.#addResult(entry, millis, recordedMillis, judge);
        break;
      case "byzantine_detected":
        this.#addFlag(entry, judge);
        break;
      case "node_added":
      case "node_removed":
        this.#addNode(entry, millis, judge);
        break;
      case "authorization_granted":
      case "authorization_revoked":
        this.#addAuthorization(entry, millis, recordedMillis, judge);
        break;
      default:
        this.#addMention(entry, millis);
    }
  }

  #addMention({ sequence, operation, proposalId, actorDid }: AuditEntry, millis: number): void {
    if (proposalId === undefined) return;
    const mention: Mention = { sequence, millis, operation, actorDid: this.#kept(actorDid) };
    const known = this.#mentions.get(proposalId);
    if (known === undefined) this.#mentions.set(proposalId, [mention]);
    else known.push(mention);
  }

  #addProposal(entry: AuditEntry, millis: number, recordedMillis: number, judge: Judge): void {
    this.#hasProposals = true;
    if (entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    // a second proposal under one id changes nothing of the first
    if (file.creation !== undefined) return;
    const creation = creationOf(entry, millis, recordedMillis, this.#kept);
    file.creation = creation;
    if (file.results.length === 0) file.isJudged = judge !== NOBODY;
    if (creation.subjectId === undefined) return;
    this.#notePassed(file);
    const known = this.#aboutSubject.get(creation.subjectId);
    if (known === undefined) this.#aboutSubject.set(creation.subjectId, [file]);
    else known.push(file);
  }

  #addVote(entry: AuditEntry, millis: number, recordedMillis: number, judge: Judge): void {
    const vote = voteOf(entry, millis, this.#isHistory(entry) ? millis : recordedMillis, (voter) =>
      this.standing.isInForce(voter, millis, DELEGATION),
    );
    if (vote === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    for (const rule of judge.hooks.onVote)
      judge.keep(rule, rule.onVote(vote, file, this), file.proposalId);
    file.addVote(vote);
  }

  #addResult(entry: AuditEntry, millis: number, recordedMillis: number, judge: Judge): void {
    const knownMillis = this.#isHistory(entry) ? millis : recordedMillis;
    const result = resultOf(entry, millis, knownMillis, this.#kept);
    if (result === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    if (file.results.length === 0) file.isJudged = judge !== NOBODY;
    for (const rule of judge.hooks.onResult)
      judge.keep(rule, rule.onResult(result, file, this), file.proposalId);
    file.addResult(result);
    if (file.passed === result) this.#notePassed(file);
  }

  #isHistory({ proposalId }: AuditEntry): boolean {
    return this.file(proposalId)?.creation?.isHistory ?? false;
  }

  #addFlag(entry: AuditEntry, judge: Judge): void {
    const flag = flagOf(entry);
    if (flag === undefined || entry.proposalId === undefined) return;
    const file = this.#fileFor(entry.proposalId);
    for (const rule of judge.hooks.onFlag)
      judge.keep(rule, rule.onFlag(flag, file, this), file.proposalId);
    file.addFlag(flag);
  }

  #addNode(entry: AuditEntry, millis: number, judge: Judge): void {
    const node = nodeOf(entry, millis, this.#kept);
    if (node === undefined) return;
    const file = this.#proposalOfNode(entry, node);
    for (const rule of judge.hooks.onNode)
      judge.keep(rule, rule.onNode(node, file, this), file?.proposalId);
    file?.addEffect(node);
    this.members.change({
      sequence: entry.sequence,
      millis,
      did: node.subjectId,
      isMember: node.operation === "node_added",
      name: nodeNameIn(entry),
      weight: weightIn(entry),
    });
  }

  /** The proposal that a node names; else the passed one about it that nobody carried out yet. */
  #proposalOfNode(
    { proposalId }: AuditEntry,
    { operation, subjectId }: NodeEffect,
  ): ProposalFile | undefined {
    if (proposalId !== undefined) return this.#fileFor(proposalId);
    const kind = operation === "node_added" ? "add-node" : "remove-node";
    const passed = this.#passedAbout.get(`${kind}\n${subjectId}`);
    for (const file of passed ?? []) {
      if (file.effects.length === 0) return file;
      passed?.delete(file);
    }
    return undefined;
  }

  /** Notes a proposal that passed, so that a node which does not name it finds it. */
  #notePassed(file: ProposalFile): void {
    const { kind, subjectId } = file.creation ?? {};
    if (file.passed === undefined || (kind !== "add-node" && kind !== "remove-node")) return;
    const key = `${kind}\n${subjectId}`;
    const known = this.#passedAbout.get(key);
    if (known === undefined) this.#passedAbout.set(key, new Set([file]));
    else known.add(file);
  }

  #addAuthorization(entry: AuditEntry, millis: number, recordedMillis: number, judge: Judge): void {
    const event = standingEventOf(entry, millis, recordedMillis, this.#kept);
    if (event === undefined) return;
    const file = event.proposalId === undefined ? undefined : this.#fileFor(event.proposalId);
    if (event.operation === "authorization_granted")
      for (const rule of judge.hooks.onGrant)
        judge.keep(rule, rule.onGrant(event, file, this), event.proposalId);
    else
      for (const rule of judge.hooks.onRevocation)
        judge.keep(rule, rule.onRevocation(event, file, this), event.proposalId);
    if (event.operation === "authorization_granted") file?.addGrant(event);
    else file?.addEffect(event);
    this.standing.add(event, this.knownSince);
  }

  #fileFor(proposalId: string): ProposalFile {
    const known = this.file(proposalId);
    if (known !== undefined) return known;
    const file = new ProposalFile(proposalId, this.#votes);
    this.#files.set(proposalId, file);
    this.#soughtId = proposalId;
    this.#found = file;
    return file;
  }

  /** Names that come again and again are kept once. */
  readonly #kept: Keeper = (name) => {
    if (name === undefined) return name;
    const known = this.#names.get(name);
    if (known !== undefined) return known as typeof name;
    this.#names.set(name, name);
    return name;
  };
}
