import { isObject, memberPath, type UnknownObject } from "../../entry/json.js";
import { rfc3339Millis } from "../../entry/timestamp.js";
import { type AuditError, invalidOption } from "../../errors.js";
import {
  arrayOf,
  boolean,
  naturalNumber,
  oneOf,
  type ReadOption,
  string,
  text,
} from "../../options.js";
import { didYouMean, nearest } from "../../text/did-you-mean.js";
import type { Severity } from "./finding.js";

/** A share from 0 (exclusive) to 1: a number, or a fraction such as `"2/3"`, which is exact. */
export type Share = number | `${number}/${number}`;

/** What approves a proposal: a share of some weight, or a weight. */
export type Approval =
  | {
      readonly share: Share;
      /**
       * What the share is of: the weight of all members, of the votes that were cast (abstentions
       * included), or of those that decided (approve and reject).
       */
      readonly of: "total" | "cast" | "decided";
    }
  | { readonly weight: number };

/** What holds for the proposals of one kind. It takes precedence over the whole policy. */
export interface KindPolicy {
  readonly participation?: Share;
  readonly approval?: Approval;
  /** How many votes a passed result needs. */
  readonly votes?: number;
  /** How many different humans must approve. */
  readonly humanApprovals?: number;
  /** Whether a grant of this kind lets its subject act, as a grant of `authorize-model` does. */
  readonly confersStanding?: boolean;
  /** Whether a revocation of this kind may come without a decision. */
  readonly breakGlass?: boolean;
}

/**
 * The rules of a federation, as JSON. Everything is optional; what a policy does not say is not
 * judged, or is undetermined. Its JSON Schema is `docs/schemas/policy.schema.json`.
 */
export interface Policy {
  /** The address of the JSON Schema, for editors. Nothing reads it. */
  readonly $schema?: string;
  /** The share of the total weight that must vote, abstentions included. */
  readonly participation?: Share;
  /** What approves a proposal that has no threshold of its own. */
  readonly approval?: Approval;
  readonly kinds?: Readonly<Record<string, KindPolicy>>;
  /** Which votes count of a voter who was flagged as Byzantine before the result. */
  readonly conflictingVotes?: "exclude" | "first" | "last";
  /** Which vote counts of a voter who voted again and was not flagged. */
  readonly changedVotes?: "first" | "last";
  /** The moment whose weights count, where members change during a vote. */
  readonly membershipAt?: "proposal" | "vote" | "decision";
  /** How long a proposal may stay open, in seconds. */
  readonly decideWithinSeconds?: number;
  /** How long a passed proposal may wait for its effect, in seconds. */
  readonly enactWithinSeconds?: number;
  /** How long after it happened an entry may be recorded, in seconds. */
  readonly recordWithinSeconds?: number;
  /** Operations that only an authorized subject or actor may do. */
  readonly requiresAuthorization?: readonly string[];
  /**
   * Who may sign results and carry out decisions without being a member, such as a service of the
   * app.
   */
  readonly services?: readonly string[];
  /** RFC 3339. What happened before is not judged by this policy. */
  readonly since?: string;
  /** The severity of a rule, by its id, or `"off"`. */
  readonly rules?: Readonly<Record<string, Severity | "off">>;
}

/** One reader for each member of a policy. */
type Table<T> = { readonly [Name in keyof T]-?: ReadOption<T[Name]> };

const LEVELS = ["error", "warning", "info", "off"] as const;

const KIND_POLICY: Table<KindPolicy> = {
  participation: share,
  approval,
  votes: naturalNumber,
  humanApprovals: naturalNumber,
  confersStanding: boolean,
  breakGlass: boolean,
};

const POLICY: Table<Policy> = {
  $schema: string,
  participation: share,
  approval,
  kinds: record((value, path) => members(value, path, KIND_POLICY)),
  conflictingVotes: oneOf("exclude", "first", "last"),
  changedVotes: oneOf("first", "last"),
  membershipAt: oneOf("proposal", "vote", "decision"),
  decideWithinSeconds: seconds,
  enactWithinSeconds: seconds,
  recordWithinSeconds: seconds,
  requiresAuthorization: (value, path) => Object.freeze(arrayOf(text)(value, path)),
  services: (value, path) => Object.freeze(arrayOf(text)(value, path)),
  since: time,
  rules: record(oneOf(...LEVELS)),
};

/**
 * Checks a policy that comes from outside, and copies it.
 *
 * @param json - The value of a policy document.
 * @throws `AuditError` `invalid_options`; `field` is the path of what is wrong, such as
 * `policy.kinds.authorize-model.votes`. A member that no policy has is refused: a misspelt one
 * would have no effect.
 *
 * @example The quorum of the reference implementation
 * ```ts
 * import { policyOf } from "quorumlog/governance";
 *
 * const policy = policyOf({ participation: "2/3", approval: { share: "2/3", of: "decided" } });
 * console.log(policy.participation);
 * ```
 */
export function policyOf(json: unknown): Policy {
  return members(json, "policy", POLICY);
}

/** A share as a fraction, so that `"2/3"` of 6 is exactly 4. */
export function fractionOf(of: Share): readonly [numerator: number, denominator: number] {
  if (typeof of === "number") return [of, 1];
  const [numerator, denominator] = of.split("/");
  return [Number(numerator), Number(denominator)];
}

function members<T>(value: unknown, path: string, table: Table<T>): T {
  const given = objectOf(value, path);
  const read: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(given)) {
    if (member === undefined) continue;
    if (!Object.hasOwn(table, name)) throw noSuchMember(path, name, Object.keys(table));
    read[name] = table[name as keyof T](member, memberPath(path, name));
  }
  return Object.freeze(read) as T;
}

function noSuchMember(path: string, name: string, known: readonly string[]): AuditError {
  const near = didYouMean(nearest(name, known));
  const hint = near === "" ? `; expected ${known.join(", ")}` : near;
  return invalidOption(memberPath(path, name), `no policy has such a member${hint}`);
}

function objectOf(value: unknown, path: string): UnknownObject {
  if (!isObject(value)) throw invalidOption(path, "expected an object");
  return value;
}

function record<T>(read: ReadOption<T>): ReadOption<Readonly<Record<string, T>>> {
  return (value, path) => {
    const entries = Object.entries(objectOf(value, path));
    const copied = entries.map(([name, member]) => [name, read(member, memberPath(path, name))]);
    return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(copied)));
  };
}

function share(value: unknown, path: string): Share {
  const [numerator, denominator] =
    typeof value === "string" && /^[1-9]\d{0,8}\/[1-9]\d{0,8}$/.test(value)
      ? fractionOf(value as Share)
      : [value, 1];
  const quotient = typeof numerator === "number" ? numerator / denominator : Number.NaN;
  if (!(quotient > 0 && quotient <= 1))
    throw invalidOption(path, 'expected a share over 0 and up to 1, such as 0.5 or "2/3"');
  return value as Share;
}

function approval(value: unknown, path: string): Approval {
  const given = objectOf(value, path);
  if (given["weight"] !== undefined)
    return members<{ readonly weight: number }>(given, path, { weight: positive });
  const read = members<Partial<Extract<Approval, { share: Share }>>>(given, path, {
    share,
    of: oneOf("total", "cast", "decided"),
  });
  if (read.share === undefined)
    throw invalidOption(`${path}.share`, "expected a share, or a weight");
  if (read.of === undefined)
    throw invalidOption(`${path}.of`, 'expected "total", "cast" or "decided"');
  return Object.freeze({ share: read.share, of: read.of });
}

function positive(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
    throw invalidOption(path, "expected a number over 0");
  return value;
}

function seconds(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw invalidOption(path, "expected seconds from 0 up");
  return value;
}

function time(value: unknown, path: string): string {
  if (typeof value !== "string" || rfc3339Millis(value) === undefined)
    throw invalidOption(path, "expected a time by RFC 3339, such as 2026-01-01T00:00:00Z");
  return value;
}
