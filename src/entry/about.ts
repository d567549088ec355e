import { invalidEntry } from "../errors.js";
import { ACTOR_DETAILS, OPERATION_DETAILS } from "../semconv.js";
import type { ValidEvent } from "./audit-event.js";
import { copyJsonObject } from "./copy-json.js";
import { addGiven, GIVEN_OF_ACTOR } from "./details.js";
import { type JsonObject, type JsonValue, memberPath } from "./json.js";
import type { ActorType } from "./operations.js";
import { timeMillis } from "./timestamp.js";
import { objectOf, readField, refuseUnknownKeys } from "./untrusted.js";
import { uuidOf } from "./uuid.js";

/**
 * Who stood behind a call: a person, an agent or a service, and how it came. It is recorded as the
 * details `actor_type`, `on_behalf_of`, `auth_method`, `session_id`, `client_address` and
 * `user_agent`. Each text that is given must not be empty.
 *
 * @example An agent that acts for a person
 * ```ts
 * import type { Actor } from "quorumlog";
 *
 * const actor: Actor = {
 *   type: "agent",
 *   onBehalfOf: "did:pqaid:alice",
 *   authMethod: "oauth2-token-exchange",
 * };
 * ```
 */
export interface Actor {
  readonly type: ActorType;
  /** On whose behalf it acted, such as the DID of a person. */
  readonly onBehalfOf?: string | undefined;
  /** How it proved who it is, such as `webauthn`. */
  readonly authMethod?: string | undefined;
  /** Its session. Record a hash of a session id that would let somebody in. */
  readonly sessionId?: string | undefined;
  /** The address that the call came from. */
  readonly clientAddress?: string | undefined;
  /** The program that it used. */
  readonly userAgent?: string | undefined;
}

/** What a log is told about every call by the option `about`. */
export interface AboutEveryCall {
  /** Who stands behind the call. */
  readonly actor?: Actor | undefined;
  /**
   * More details, as plain JSON. Keys that the helper or an {@link Actor} writes are refused
   * (`invalid_entry`), also when they are not given.
   */
  readonly details?: { readonly [key: string]: JsonValue | undefined } | undefined;
}

/** The second parameter of a helper and of `log`: what is to be recorded beside its input. */
export interface About extends AboutEveryCall {
  /**
   * The id of the entry, a UUID. It makes the call repeatable: a second call with this id returns
   * the entry of the first, and records nothing. If it would record other columns or details, or
   * gives another timestamp, it throws `invalid_entry`. What the option `about` added, and trace
   * ids, may differ. Without a journal, the id is forgotten when memory evicts the entry.
   *
   * @defaultValue a random UUID, and the call cannot be repeated
   */
  readonly id?: string | undefined;
  /**
   * When it happened, from 1970 to 2262, for what is recorded later.
   *
   * @defaultValue the log's clock
   */
  readonly timestamp?: Date | undefined;
}

const KEYS: ReadonlySet<string> = new Set(["id", "actor", "details", "timestamp"]);
const KEYS_OF_OPTION: ReadonlySet<string> = new Set(["actor", "details"]);
const KEYS_OF_ACTOR: ReadonlySet<string> = new Set(GIVEN_OF_ACTOR.map(({ name }) => name));

const isOfActor = (key: string): boolean => Object.hasOwn(ACTOR_DETAILS, key);

/** Whether the helper of an operation, or an actor, writes this detail. */
function isReserved(operation: string, key: string): boolean {
  return (
    isOfActor(key) ||
    (Object.hasOwn(OPERATION_DETAILS, operation) &&
      Object.hasOwn(OPERATION_DETAILS[operation as keyof typeof OPERATION_DETAILS], key))
  );
}

/** What was told about one call, checked and copied. */
interface Told {
  /** Undefined if no actor was given. */
  readonly actor: JsonObject | undefined;
  readonly details: JsonObject;
}

/** An event with what was told about its call. */
interface ToldEvent {
  readonly event: ValidEvent;
  /** If the call gave an id: the id, and the details that the option added. */
  readonly given: { readonly id: string; readonly ofOption: readonly string[] } | undefined;
}

/** A promise, a map or an array has no key that could be misspelt, and would tell nothing. */
function plainObjectOf(about: unknown): object {
  const object = objectOf(about, "about");
  let tag: string;
  try {
    tag = Object.prototype.toString.call(object);
  } catch (cause) {
    throw invalidEntry("about", "reading it threw", cause);
  }
  if (tag !== "[object Object]")
    throw invalidEntry("about", "expected a plain object; await a promise first");
  return object;
}

const NOTHING: Told = { actor: undefined, details: {} };

/**
 * Adds what the call says about itself, and what the option `about` says about every call, to the
 * event. The call has rank over the option: its actor replaces the whole actor of the option, and
 * its details those with the same key.
 *
 * @param about - The second parameter of a helper. Untrusted.
 * @param ofEveryCall - What the option gave. Untrusted.
 * @throws {@link AuditError} `invalid_entry` naming the field.
 */
export function withAbout(
  event: ValidEvent,
  about: About | undefined,
  ofEveryCall: AboutEveryCall | undefined,
): ToldEvent {
  const call = about === undefined ? undefined : plainObjectOf(about);
  const ofCall = call === undefined ? NOTHING : toldBy(call, event, "about", KEYS);
  const actorInEvent = Object.keys(event.details).find(isOfActor);
  if (ofCall.actor !== undefined && actorInEvent !== undefined)
    throw invalidEntry("about.actor", `the event names its actor too, in details.${actorInEvent}`);
  for (const key of Object.keys(ofCall.details))
    if (Object.hasOwn(event.details, key))
      throw invalidEntry(memberPath("about.details", key), "the event has this detail too");
  const option =
    ofEveryCall === undefined || ofEveryCall === null
      ? NOTHING
      : toldBy(objectOf(ofEveryCall, "about()"), event, "about()", KEYS_OF_OPTION);
  const actorOfOption =
    ofCall.actor === undefined && actorInEvent === undefined ? option.actor : undefined;
  const actor = ofCall.actor ?? actorOfOption;
  const timestamp = call === undefined ? undefined : timestampOf(call, event);
  const whole: ValidEvent = {
    ...event,
    // those of the event twice: first for their place, then for their rank
    details: Object.freeze({
      ...event.details,
      ...option.details,
      ...event.details,
      ...ofCall.details,
      ...actor,
    }),
    timestampMillis: timestamp ?? event.timestampMillis,
  };
  const id = call === undefined ? undefined : (readField(call, "id", "about.id") ?? undefined);
  if (id === undefined) return { event: whole, given: undefined };
  const ofOption = Object.keys({ ...option.details, ...actorOfOption }).filter(
    (key) => !Object.hasOwn(event.details, key) && !Object.hasOwn(ofCall.details, key),
  );
  return { event: whole, given: { id: uuidOf(id, "about.id"), ofOption } };
}

function toldBy(source: object, event: ValidEvent, path: string, known: ReadonlySet<string>): Told {
  refuseUnknownKeys(source, known, path);
  const actor = readField(source, "actor", `${path}.actor`) ?? undefined;
  const details = readField(source, "details", `${path}.details`) ?? undefined;
  return {
    actor: actor === undefined ? undefined : actorDetails(actor, `${path}.actor`),
    details: details === undefined ? {} : moreDetails(details, event.operation, `${path}.details`),
  };
}

function moreDetails(details: unknown, operation: string, path: string): JsonObject {
  const copy = copyJsonObject(details, path);
  for (const key of Object.keys(copy))
    if (isReserved(operation, key))
      throw invalidEntry(
        memberPath(path, key),
        isOfActor(key)
          ? "the actor writes this detail; give it in actor"
          : `the helper of ${operation} writes this detail; give it in its input`,
      );
  return copy;
}

function actorDetails(actor: unknown, path: string): JsonObject {
  const source = objectOf(actor, path);
  refuseUnknownKeys(source, KEYS_OF_ACTOR, path);
  const details: Record<string, JsonValue> = {};
  addGiven(details, source, GIVEN_OF_ACTOR, `${path}.`);
  if (details["actor_type"] === undefined)
    throw invalidEntry(`${path}.type`, "an actor is human, agent or service");
  return details;
}

function timestampOf(call: object, event: ValidEvent): number | undefined {
  const timestamp = readField(call, "timestamp", "about.timestamp") ?? undefined;
  if (timestamp === undefined) return undefined;
  if (event.timestampMillis !== undefined)
    throw invalidEntry("about.timestamp", "the event has a timestamp too");
  return timeMillis(timestamp, "about.timestamp");
}
