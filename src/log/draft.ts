import { type Context, createContextKey, type SpanContext } from "@opentelemetry/api";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { ValidEvent } from "../entry/audit-event.js";

/**
 * Where a draft rides along in the context of its emit, so that there is one place where records are sealed. The helpers'
 * own scope tells its record from one that a processor ahead emits in the same context.
 */
export const DRAFT: symbol = createContextKey("quorumlog draft");

/** A helper call on its way through OpenTelemetry. It claims nothing, not even a sequence, until it is committed. */
export interface Draft {
  /** Whom it belongs to: only that log commits it. */
  readonly log: object;
  readonly event: ValidEvent;
  readonly spanContext: SpanContext | undefined;
  readonly recordedMillis: number;
  /** What was recorded; undefined until the commit. */
  entry: AuditEntry | undefined;
  /** Its helper has thrown: it must not be recorded any more. */
  void: boolean;
}

/**
 * A context that says what the one below it says, and has a draft. It answers as `below.setValue(DRAFT, draft)` would,
 * which copies all values into a map of its own and makes three closures: ten times the bytes (measured).
 */
export class DraftContext implements Context {
  readonly #below: Context;
  readonly #draft: Draft;

  /** Adds a draft to a context, which stays as it is. */
  constructor(below: Context, draft: Draft) {
    this.#below = below;
    this.#draft = draft;
  }

  /** Part of `Context`. */
  getValue(key: symbol): unknown {
    return key === DRAFT ? this.#draft : this.#below.getValue(key);
  }

  /** Part of `Context`: the draft stays, unless it is what is set. */
  setValue(key: symbol, value: unknown): Context {
    const below = this.#below.setValue(key, value);
    return key === DRAFT ? below : new DraftContext(below, this.#draft);
  }

  /** Part of `Context`: the draft stays, unless it is what is deleted. */
  deleteValue(key: symbol): Context {
    const below = this.#below.deleteValue(key);
    return key === DRAFT ? below : new DraftContext(below, this.#draft);
  }
}
