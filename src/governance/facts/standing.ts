import { formatTimestamp } from "../../entry/timestamp.js";
import { type Grant, OpenGrants } from "./open-grants.js";
import type {
  Answer,
  Authorization,
  AuthorizationEnd,
  GrantFilter,
  Moment,
  StandingEvent,
  StandingFacts,
} from "./standing-facts.js";

/** The subject of a freeze of everything. */
export const ALL_SUBJECTS = "*";
const FREEZE = "emergency-freeze";
const CONFERRING: ReadonlySet<string> = new Set([
  "authorize-model",
  "authorize-agent",
  "delegation",
]);
const REVOKE = "revoke-";

/** Whether a kind is one of revocations: `revoke-model`, `revoke-agent`, `revoke-X` of the app. */
export function isRevoking(kind: string): boolean {
  return kind === FREEZE || kind.startsWith(REVOKE);
}

/** The grants of one subject while its events come, one by one. */
class Grants {
  readonly all: Grant[] = [];
  readonly open: OpenGrants = new OpenGrants();
  /** Those whose `valid_until` is no time. */
  readonly doubtful: OpenGrants = new OpenGrants();
  /** When the newest grant happened. */
  newestMillis: number = Number.NEGATIVE_INFINITY;
  /** When the newest revocation that ended something happened. */
  newestEndMillis: number = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.open.isEmpty && this.doubtful.isEmpty;
  }

  /** @param knownSince - The first entry after the newest gap. */
  add(event: StandingEvent, knownSince: number): void {
    const grant: Grant = { event, end: undefined };
    this.all.push(grant);
    this.newestMillis = Math.max(this.newestMillis, event.millis);
    (isDoubtful(event) ? this.doubtful : this.open).add(grant, knownSince);
  }

  /**
   * The open grants that a revocation ends: a freeze ends all; else those of its own proposal; else
   * those of its kind, or of the kind that it is the revocation of. A revocation of every subject
   * ends the last two together.
   */
  endedBy(revocation: StandingEvent): readonly Grant[] {
    return [this.open, this.doubtful].flatMap((open) => endedIn(open, revocation));
  }

  end(revocation: StandingEvent): void {
    for (const open of [this.open, this.doubtful]) {
      const ended = endedIn(open, revocation);
      if (ended.length === 0) continue;
      open.end(ended, endOf(revocation));
      this.newestEndMillis = Math.max(this.newestEndMillis, revocation.millis);
    }
  }
}

function endedIn(open: OpenGrants, revocation: StandingEvent): readonly Grant[] {
  if (open.isEmpty) return [];
  if (isFreeze(revocation)) return open.list({});
  const { kind = "", proposalId, subjectId } = revocation;
  const own = proposalId === undefined ? [] : open.list({ proposalId });
  if (own.length > 0 && subjectId !== ALL_SUBJECTS) return own;
  const pair = kind.startsWith(REVOKE) ? `authorize-${kind.slice(REVOKE.length)}` : kind;
  const byKind = [...new Set([kind, pair])].flatMap((ended) => open.list({ kind: ended }));
  return own.length === 0 ? byKind : [...new Set([...own, ...byKind])];
}

interface Subject {
  readonly events: StandingEvent[];
  readonly grants: Grants;
  /** The newest freeze of this subject alone; -1 before the first. */
  lastFreeze: number;
}

/** The authorizations of all subjects. */
export class Standing implements StandingFacts {
  readonly #subjects = new Map<string, Subject>();
  /** Subjects with an open grant: a freeze of everything ends them, and no others. */
  readonly #open = new Set<Subject>();
  readonly #freezesOfAll: StandingEvent[] = [];
  /** Other revocations of every subject. */
  readonly #revocationsOfAll: StandingEvent[] = [];
  readonly #freezesAt = new WeakMap<Moment, readonly StandingEvent[]>();
  readonly #conferring: ReadonlySet<string>;

  /** @param kinds - Kinds that confer standing, beside those that always do. */
  constructor(kinds: Iterable<string> = []) {
    this.#conferring = new Set([...CONFERRING, ...kinds]);
  }

  confers(kind: string | undefined): boolean {
    return kind !== undefined && this.#conferring.has(kind);
  }

  /**
   * Adds a grant or a revocation.
   *
   * @param knownSince - The first entry after the newest gap, 0 where nothing is missing.
   */
  add(event: StandingEvent, knownSince: number): void {
    if (isFreezeOfAll(event)) {
      this.#freezesOfAll.push(event);
      for (const { grants } of this.#open) grants.end(event);
      this.#open.clear();
      return;
    }
    if (isOfAll(event)) {
      this.#revocationsOfAll.push(event);
      for (const subject of this.#open) {
        subject.grants.end(event);
        if (subject.grants.isEmpty) this.#open.delete(subject);
      }
      return;
    }
    const subject = this.#subjectOf(event.subjectId);
    subject.events.push(event);
    if (isFreeze(event)) subject.lastFreeze = event.sequence;
    this.#apply(event, subject.grants, knownSince);
    if (subject.grants.isEmpty) this.#open.delete(subject);
    else this.#open.add(subject);
  }

  /** The subjects that have an event. */
  get subjects(): Iterable<string> {
    return this.#subjects.keys();
  }

  /** What happened to a subject, revocations of every subject included, in order. */
  eventsOf(subjectId: string): readonly StandingEvent[] {
    return inOrder(this.#eventsBetweenFreezes(subjectId), this.#freezesOfAll);
  }

  #eventsBetweenFreezes(subjectId: string): readonly StandingEvent[] {
    return inOrder(this.#subjects.get(subjectId)?.events ?? [], this.#revocationsOfAll);
  }

  /** All authorizations that a subject ever got, up to a moment. */
  authorizations(subjectId: string, moment: Moment): Omit<Authorization, "isValid">[] {
    const { counts, nowMillis, knownSince } = moment;
    const grants = new Grants();
    const freezes = this.#freezesBy(moment);
    let last = -1;
    // of several freezes of everything between two events, only the first can end something
    const freezeBefore = (sequence: number): void => {
      const freeze = firstAfter(freezes, last);
      if (freeze !== undefined && freeze.sequence < sequence) grants.end(freeze);
    };
    for (const event of this.#eventsBetweenFreezes(subjectId)) {
      if (!counts(event)) continue;
      freezeBefore(event.sequence);
      this.#apply(event, grants, 0);
      last = event.sequence;
    }
    freezeBefore(Number.POSITIVE_INFINITY);
    return grants.all.map(({ event, end }) => authorization(event, end, nowMillis, knownSince));
  }

  /** Whether a subject may act at a moment, by its authorizations then. */
  isAuthorized(
    subjectId: string,
    authorizations: readonly Pick<Authorization, "ended" | "isCertain">[],
    { counts, knownSince }: Moment,
  ): Answer {
    const inForce = authorizations.filter(({ ended }) => ended === undefined);
    if (inForce.some(({ isCertain }) => isCertain)) return "yes";
    // a freeze after what is missing ended whatever there was
    const knowsAll =
      knownSince === 0 ||
      this.eventsOf(subjectId).some(
        (event) => event.sequence >= knownSince && isFreeze(event) && counts(event),
      );
    return inForce.length === 0 && knowsAll ? "no" : "unknown";
  }

  /**
   * Whether what an entry reports, which comes after all that was added, was authorized. The order
   * of the entries decides, since a time is what its writer said: who was stopped could date an
   * action back. But an action that says itself that it came before the grant was not authorized.
   * One that says that it came before the end, and was recorded after it, is unknown.
   *
   * @param millis - When it happened.
   * @param knownSince - The first entry after the newest gap.
   */
  isAuthorizedNow(subjectId: string, millis: number, knownSince: number): Answer {
    const { grants } = this.#subjects.get(subjectId) ?? {};
    if (grants === undefined) return this.#unlessMissing(knownSince, subjectId);
    if (grants.newestMillis > millis)
      return this.#isAuthorizedBefore(subjectId, grants, millis, knownSince);
    if (grants.open.validUntil({}, knownSince) > millis) return "yes";
    if (!grants.doubtful.isEmpty || grants.open.validUntil({}, 0) > millis) return "unknown";
    return this.#wasAuthorized(subjectId, millis, knownSince)
      ? "unknown"
      : this.#unlessMissing(knownSince, subjectId);
  }

  /** The same where some grants happened later, so that each must be looked at. */
  #isAuthorizedBefore(
    subjectId: string,
    { open, doubtful }: Grants,
    millis: number,
    knownSince: number,
  ): Answer {
    const granted = [...open.list({}), ...doubtful.list({})].filter(
      ({ event }) => event.millis <= millis && !((event.validUntilMillis ?? Infinity) <= millis),
    );
    if (granted.some(({ event }) => event.sequence >= knownSince && !isDoubtful(event)))
      return "yes";
    if (granted.length > 0 || this.#wasAuthorized(subjectId, millis, knownSince)) return "unknown";
    return this.#unlessMissing(knownSince, subjectId);
  }

  /** Whether a grant was in force at a time that ended since. */
  #wasAuthorized(subjectId: string, millis: number, knownSince: number): boolean {
    // of an action that is not dated back, nothing has to be looked at
    if ((this.#subjects.get(subjectId)?.grants.newestEndMillis ?? -1) <= millis) return false;
    const moment: Moment = { counts: () => true, nowMillis: millis, knownSince };
    return this.authorizations(subjectId, moment).some(
      ({ since, ended }) =>
        ended !== undefined &&
        ended.by !== "expiry" &&
        Date.parse(since) <= millis &&
        Date.parse(ended.at) > millis,
    );
  }

  /** "no", unless entries are missing since the newest freeze. */
  #unlessMissing(knownSince: number, subjectId: string): Answer {
    return knownSince === 0 || this.lastFreeze(subjectId) >= knownSince ? "no" : "unknown";
  }

  lastFreeze(subjectId: string): number {
    const own = this.#subjects.get(subjectId)?.lastFreeze ?? -1;
    return Math.max(own, this.#freezesOfAll.at(-1)?.sequence ?? -1);
  }

  isInForce(subjectId: string, nowMillis: number, of: GrantFilter = {}): boolean {
    const grants = this.#subjects.get(subjectId)?.grants;
    if (grants === undefined) return false;
    return grants.open.validUntil(of, 0) > nowMillis || grants.doubtful.list(of).length > 0;
  }

  endedBy(revocation: StandingEvent): readonly StandingEvent[] {
    const subject = this.#subjects.get(revocation.subjectId);
    const subjects = isOfAll(revocation) ? [...this.#open] : subject ? [subject] : [];
    return subjects.flatMap(({ grants }) => grants.endedBy(revocation).map(({ event }) => event));
  }

  /** The freezes of everything that count at a moment. Answers about many subjects share it. */
  #freezesBy(moment: Moment): readonly StandingEvent[] {
    let freezes = this.#freezesAt.get(moment);
    freezes ??= this.#freezesOfAll.filter(moment.counts);
    this.#freezesAt.set(moment, freezes);
    return freezes;
  }

  #subjectOf(subjectId: string): Subject {
    const known = this.#subjects.get(subjectId);
    if (known !== undefined) return known;
    const subject: Subject = { events: [], grants: new Grants(), lastFreeze: -1 };
    this.#subjects.set(subjectId, subject);
    return subject;
  }

  #apply(event: StandingEvent, grants: Grants, knownSince: number): void {
    if (event.operation === "authorization_revoked") grants.end(event);
    else if (this.confers(event.kind)) grants.add(event, knownSince);
  }
}

function isFreeze({ operation, kind }: StandingEvent): boolean {
  return operation === "authorization_revoked" && kind === FREEZE;
}

function isOfAll({ operation, subjectId }: StandingEvent): boolean {
  return operation === "authorization_revoked" && subjectId === ALL_SUBJECTS;
}

function isFreezeOfAll(event: StandingEvent): boolean {
  return event.subjectId === ALL_SUBJECTS && isFreeze(event);
}

function isDoubtful({ validUntilMillis }: StandingEvent): boolean {
  return Number.isNaN(validUntilMillis);
}

/** Two lists of events as one. */
function inOrder(
  own: readonly StandingEvent[],
  ofAll: readonly StandingEvent[],
): readonly StandingEvent[] {
  return ofAll.length === 0 ? own : [...own, ...ofAll].sort((a, b) => a.sequence - b.sequence);
}

/** The first event after a sequence. */
function firstAfter(events: readonly StandingEvent[], sequence: number): StandingEvent | undefined {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
    else high = middle;
  }
  return events[low];
}

function endOf(event: StandingEvent): AuthorizationEnd {
  const { sequence, millis } = event;
  return { by: isFreeze(event) ? "freeze" : "revocation", sequence, at: formatTimestamp(millis) };
}

function authorization(
  event: StandingEvent,
  end: AuthorizationEnd | undefined,
  nowMillis: number,
  knownSince: number,
): Omit<Authorization, "isValid"> {
  const { subjectId, kind, proposalId, sequence, millis, validUntilMillis } = event;
  const validUntil =
    validUntilMillis === undefined || isDoubtful(event)
      ? undefined
      : formatTimestamp(validUntilMillis);
  const expired =
    validUntil !== undefined &&
    validUntilMillis !== undefined &&
    validUntilMillis <= nowMillis &&
    (end === undefined || Date.parse(end.at) > validUntilMillis);
  const ended = expired ? ({ by: "expiry", at: validUntil } as const) : end;
  return {
    subjectId,
    kind,
    proposalId,
    grantedBy: sequence,
    since: formatTimestamp(millis),
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(ended === undefined ? {} : { ended }),
    isCertain: sequence >= knownSince && !isDoubtful(event),
  };
}
