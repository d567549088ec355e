import type { Effect, EntryTimes } from "./proposal-facts.js";

/** A grant or a revocation, as the trail has it. */
export interface StandingEvent extends Effect, EntryTimes {
  readonly operation: "authorization_granted" | "authorization_revoked";
  readonly subjectId: string;
  readonly proposalId: string | undefined;
  /**
   * Until when a grant is valid; undefined if it has no end, NaN where its end is recorded and is
   * no time.
   */
  readonly validUntilMillis: number | undefined;
}

/** Until when a grant is valid; NaN where its end is no time. */
export function untilOf({ validUntilMillis }: Pick<StandingEvent, "validUntilMillis">): number {
  return validUntilMillis ?? Number.POSITIVE_INFINITY;
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
  /**
   * False where entries after the grant are missing, since a revocation may be among them; and
   * where its `valid_until` is no time.
   */
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

/** Which grants of a subject are meant: all, those of a kind, or those of a proposal. */
export interface GrantFilter {
  readonly kind?: string;
  readonly proposalId?: string;
}

/** What rules ask about authorizations. */
export interface StandingFacts {
  /** Whether a grant of a kind lets its subject act. */
  confers(kind: string | undefined): boolean;
  /**
   * Whether a subject has a grant in force, of a kind or of a proposal if one is given. One whose
   * `valid_until` is no time counts.
   */
  isInForce(subjectId: string, nowMillis: number, of?: GrantFilter): boolean;
  /** The newest freeze of a subject, or of everything; -1 before the first. */
  lastFreeze(subjectId: string): number;
  /** The grants that a revocation would end, expired or not. */
  endedBy(revocation: StandingEvent): readonly StandingEvent[];
}
