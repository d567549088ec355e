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
/** What a revocation of a kind ends, beside grants of its own kind. */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ["revoke-model", "authorize-model"],
  ["revoke-agent", "authorize-agent"],
]);

/** The grants of one subject while its events come, one by one. */
class Grants {
  readonly all: Grant[] = [];
  readonly open: OpenGrants = new OpenGrants();

  /** @param knownSince - The first entry after the newest gap. */
  add(event: StandingEvent, knownSince: number): void {
    const grant: Grant = { event, end: undefined };
    this.all.push(grant);
    this.open.add(grant, knownSince);
  }

  /**
   * The open grants that a revocation ends: a freeze ends all; else those of its own proposal; else
   * those of its kind, or of the kind that it is the revocation of.
   */
  endedBy(revocation: StandingEvent): readonly Grant[] {
    if (isFreeze(revocation)) return this.open.list({});
    const { kind = "", proposalId } = revocation;
    const own = proposalId === undefined ? [] : this.open.list({ proposalId });
    if (own.length > 0) return own;
    const pair = PAIRS.get(kind);
    return [kind, ...(pair === undefined ? [] : [pair])].flatMap((ended) =>
      this.open.list({ kind: ended }),
    );
  }

  end(revocation: StandingEvent): void {
    this.open.end(this.endedBy(revocation), endOf(revocation));
  }
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
    const subject = this.#subjectOf(event.subjectId);
    subject.events.push(event);
    if (isFreeze(event)) subject.lastFreeze = event.sequence;
    this.#apply(event, subject.grants, knownSince);
    if (subject.grants.open.isEmpty) this.#open.delete(subject);
    else this.#open.add(subject);
  }

  /** The subjects that have an event. */
  get subjects(): Iterable<string> {
    return this.#subjects.keys();
  }

  /** What happened to a subject, freezes of everything included, in order. */
  eventsOf(subjectId: string): readonly StandingEvent[] {
    const own = this.#subjects.get(subjectId)?.events ?? [];
    if (this.#freezesOfAll.length === 0) return own;
    return [...own, ...this.#freezesOfAll].sort((a, b) => a.sequence - b.sequence);
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
    for (const event of this.#subjects.get(subjectId)?.events ?? []) {
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

  /** The same after all that was added. `knownSince` is the first entry after the newest gap. */
  isAuthorizedNow(subjectId: string, nowMillis: number, knownSince: number): Answer {
    const { grants, lastFreeze = -1 } = this.#subjects.get(subjectId) ?? {};
    const none = Number.NEGATIVE_INFINITY;
    if ((grants?.open.validUntil({}, knownSince) ?? none) > nowMillis) return "yes";
    if ((grants?.open.validUntil({}, 0) ?? none) > nowMillis) return "unknown";
    const freeze = Math.max(lastFreeze, this.#freezesOfAll.at(-1)?.sequence ?? -1);
    return knownSince === 0 || freeze >= knownSince ? "no" : "unknown";
  }

  isInForce(subjectId: string, nowMillis: number, of: GrantFilter = {}): boolean {
    const grants = this.#subjects.get(subjectId)?.grants;
    return grants !== undefined && grants.open.validUntil(of, 0) > nowMillis;
  }

  endedBy(revocation: StandingEvent): readonly StandingEvent[] {
    const subject = this.#subjects.get(revocation.subjectId);
    const subjects = isFreezeOfAll(revocation) ? [...this.#open] : subject ? [subject] : [];
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

function isFreezeOfAll(event: StandingEvent): boolean {
  return event.subjectId === ALL_SUBJECTS && isFreeze(event);
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
  const validUntil = validUntilMillis === undefined ? undefined : formatTimestamp(validUntilMillis);
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
    isCertain: sequence >= knownSince,
  };
}
