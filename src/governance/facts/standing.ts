import { formatTimestamp } from "../../entry/timestamp.js";
import type { ActorType } from "./proposal-file.js";

/** A grant or a revocation, as the trail has it. */
export interface StandingEvent {
  readonly sequence: number;
  readonly millis: number;
  /** When it was recorded. */
  readonly recordedMillis: number;
  readonly isGrant: boolean;
  readonly subjectId: string;
  readonly kind: string | undefined;
  readonly proposalId: string | undefined;
  /** Who enacted it, where the entry says so. */
  readonly enactedBy: string | undefined;
  readonly actorType: ActorType | undefined;
  readonly reason: string | undefined;
  /** Until when a grant is valid; undefined if it has no end. */
  readonly validUntilMillis: number | undefined;
}

/** The right of a subject to act, from its grant to its end. */
export interface Authorization {
  readonly subjectId: string;
  readonly kind: string | undefined;
  readonly proposalId: string | undefined;
  /** The entry that granted it, and when that happened (RFC 3339). */
  readonly grantedBy: number;
  readonly since: string;
  /** The result that passed its proposal before the grant; absent where the trail holds none. */
  readonly decidedBy?: number;
  /** Until when the grant itself says that it is valid. */
  readonly validUntil?: string;
  readonly ended?: AuthorizationEnd;
  /**
   * Whether the grant rested on a valid decision when it was made: no rule of severity error was
   * broken by then. `unknown` where one of them cannot be decided.
   */
  readonly isValid: Answer;
  /** False where entries after the grant are missing: a revocation may be among them. */
  readonly isCertain: boolean;
}

/** How an authorization ended. */
export interface AuthorizationEnd {
  readonly by: "revocation" | "freeze" | "expiry";
  /** The entry that ended it; an expiry has none. */
  readonly sequence?: number;
  readonly at: string;
}

/** Whether something is so. `unknown`: the trail cannot show it. */
export type Answer = "yes" | "no" | "unknown";

/** Which part of a trail an answer rests on, and the moment that it is about. */
export interface Moment {
  /** Says whether an event counts at that moment. */
  readonly counts: (event: { readonly sequence: number; readonly millis: number }) => boolean;
  /** What "now" is for an expiry. */
  readonly nowMillis: number;
  /** The first entry after the newest gap before that moment; 0 where nothing is missing. */
  readonly knownSince: number;
}

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

/** What rules ask about authorizations. */
export interface StandingFacts {
  /** Whether a grant of a kind lets its subject act. */
  confers(kind: string | undefined): boolean;
  /** The grants of a subject that are in force. */
  inForce(subjectId: string, nowMillis: number): readonly StandingEvent[];
  /** The grants that a revocation would end, expired or not. */
  endedBy(revocation: StandingEvent): readonly StandingEvent[];
}

interface Grant {
  readonly event: StandingEvent;
  end: AuthorizationEnd | undefined;
}

/** The grants of one subject while its events come, one by one. */
class Grants {
  readonly all: Grant[] = [];
  #open: Grant[] = [];

  /** The grants that nothing ended yet, but for their expiry. */
  get open(): readonly Grant[] {
    return this.#open;
  }

  add(event: StandingEvent): void {
    const grant: Grant = { event, end: undefined };
    this.all.push(grant);
    this.#open.push(grant);
  }

  end(revocation: StandingEvent): void {
    const ended = new Set(endedBy(revocation, this.#open));
    if (ended.size === 0) return;
    for (const grant of ended) grant.end = endOf(revocation);
    this.#open = this.#open.filter((grant) => !ended.has(grant));
  }
}

interface Subject {
  readonly events: StandingEvent[];
  readonly grants: Grants;
}

/** The authorizations of all subjects. */
export class Standing implements StandingFacts {
  readonly #subjects = new Map<string, Subject>();
  readonly #freezesOfAll: StandingEvent[] = [];
  readonly #conferring: ReadonlySet<string>;

  /** @param kinds - Kinds that confer standing, beside those that always do. */
  constructor(kinds: Iterable<string> = []) {
    this.#conferring = new Set([...CONFERRING, ...kinds]);
  }

  confers(kind: string | undefined): boolean {
    return kind !== undefined && this.#conferring.has(kind);
  }

  /** Adds a grant or a revocation. */
  add(event: StandingEvent): void {
    if (event.subjectId === ALL_SUBJECTS && isFreeze(event)) {
      this.#freezesOfAll.push(event);
      for (const { grants } of this.#subjects.values()) grants.end(event);
      return;
    }
    const subject = this.#subjects.get(event.subjectId) ?? { events: [], grants: new Grants() };
    this.#subjects.set(event.subjectId, subject);
    subject.events.push(event);
    this.#apply(event, subject.grants);
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
  authorizations(
    subjectId: string,
    { counts, nowMillis, knownSince }: Moment,
  ): Omit<Authorization, "isValid">[] {
    const grants = new Grants();
    for (const event of this.eventsOf(subjectId)) if (counts(event)) this.#apply(event, grants);
    return grants.all.map(({ event, end }) => authorization(event, end, nowMillis, knownSince));
  }

  /** Whether a subject may act at a moment. */
  isAuthorized(subjectId: string, moment: Moment): Answer {
    const inForce = this.authorizations(subjectId, moment).filter(({ ended }) => !ended);
    if (inForce.some(({ isCertain }) => isCertain)) return "yes";
    return inForce.length === 0 && this.#knowsAllOf(subjectId, moment) ? "no" : "unknown";
  }

  /** The same after all that was added. `knownSince` is the first entry after the newest gap. */
  isAuthorizedNow(subjectId: string, nowMillis: number, knownSince: number): Answer {
    const inForce = this.inForce(subjectId, nowMillis);
    if (inForce.some(({ sequence }) => sequence >= knownSince)) return "yes";
    const moment: Moment = { counts: () => true, nowMillis, knownSince };
    return inForce.length === 0 && this.#knowsAllOf(subjectId, moment) ? "no" : "unknown";
  }

  inForce(subjectId: string, nowMillis: number): readonly StandingEvent[] {
    const open = this.#subjects.get(subjectId)?.grants.open ?? [];
    return open
      .map(({ event }) => event)
      .filter(({ validUntilMillis = Number.POSITIVE_INFINITY }) => validUntilMillis > nowMillis);
  }

  endedBy(revocation: StandingEvent): readonly StandingEvent[] {
    const { subjectId } = revocation;
    const subjects = subjectId === ALL_SUBJECTS ? this.#subjects.keys() : [subjectId];
    return [...subjects].flatMap((id) =>
      endedBy(revocation, this.#subjects.get(id)?.grants.open ?? []).map(({ event }) => event),
    );
  }

  #apply(event: StandingEvent, grants: Grants): void {
    if (!event.isGrant) grants.end(event);
    else if (this.confers(event.kind)) grants.add(event);
  }

  /** Nothing is missing, or a freeze after what is missing ended whatever there was. */
  #knowsAllOf(subjectId: string, { counts, knownSince }: Moment): boolean {
    return (
      knownSince === 0 ||
      this.eventsOf(subjectId).some(
        (event) => event.sequence >= knownSince && isFreeze(event) && counts(event),
      )
    );
  }
}

function isFreeze({ isGrant, kind }: StandingEvent): boolean {
  return !isGrant && kind === FREEZE;
}

/**
 * The grants that a revocation ends: a freeze ends all; else the grant of its own proposal; else
 * those of its kind, or of the kind that it is the revocation of.
 */
function endedBy(revocation: StandingEvent, open: readonly Grant[]): readonly Grant[] {
  if (isFreeze(revocation)) return open;
  const { kind = "", proposalId } = revocation;
  const own = open.filter(
    ({ event }) => proposalId !== undefined && event.proposalId === proposalId,
  );
  if (own.length > 0) return own;
  return open.filter(({ event }) => event.kind === kind || event.kind === PAIRS.get(kind));
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
