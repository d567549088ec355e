import { type Context, createContextKey, type SpanContext } from "@opentelemetry/api";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { ValidEvent } from "../entry/audit-event.js";
import { AuditError } from "../errors.js";
import type { GivenCall } from "./given-ids.js";

/**
 * The key under which a draft travels in the context of its emit. The log can then seal at one
 * place only, in its processor. A processor ahead of the log may emit records of its own in the
 * same context; the helpers' scope tells their record from those.
 */
export const DRAFT: symbol = createContextKey("quorumlog draft");

/** The log that a draft is for. */
interface DraftLog {
  /** Throws `closed` after a shutdown has begun. */
  assertOpen(): void;
  /** The way to `onError`; never throws. */
  readonly report: (error: AuditError) => void;
}

/**
 * A helper call on its way through OpenTelemetry. A draft claims nothing, not even a sequence,
 * until its log commits it.
 */
export class Draft {
  /** Only this log commits the draft. */
  readonly log: DraftLog;
  readonly event: ValidEvent;
  readonly spanContext: SpanContext | undefined;
  /** The id that the caller gave, if it gave one. */
  readonly given: GivenCall | undefined;
  /** When the helper was called. */
  readonly recordedMillis: number;
  /** The sealed entry; undefined until the commit, unless the call repeats an earlier one. */
  entry: AuditEntry | undefined = undefined;
  #void = false;

  /** Makes a draft for a log. Records nothing. */
  constructor(
    log: DraftLog,
    event: ValidEvent,
    spanContext: SpanContext | undefined,
    recordedMillis: number,
    given: GivenCall | undefined,
  ) {
    this.log = log;
    this.event = event;
    this.spanContext = spanContext;
    this.recordedMillis = recordedMillis;
    this.given = given;
  }

  /** Whether it can be committed: it has no entry yet, and its helper has not thrown. */
  get isOpen(): boolean {
    return this.entry === undefined && !this.#void;
  }

  /**
   * The entry, once `emit` has returned. A draft without one can never be committed after this
   * call.
   *
   * @throws {@link AuditError} `closed`, `not_recorded`.
   */
  recorded(): AuditEntry {
    if (this.entry !== undefined) return this.entry;
    this.#void = true;
    this.log.assertOpen();
    throw new AuditError(
      "not_recorded",
      "the provider did not let the record through (shut down, scope disabled, minimum severity, " +
        "unsampled trace, or the AuditLogProcessor is not among its processors); " +
        "nothing was recorded",
    );
  }

  /**
   * Handles an error of `emit`. If the entry was recorded before, the error came from a processor
   * after the log: it is reported, and the helper succeeds.
   *
   * @throws {@link AuditError} If nothing was recorded: the log's own error, or `not_recorded`.
   */
  interrupted(cause: unknown): void {
    if (this.entry !== undefined) {
      const message = "a processor after the audit log threw on its record";
      this.log.report(new AuditError("delivery_failed", message, { cause }));
      return;
    }
    this.#void = true;
    if (cause instanceof AuditError) throw cause;
    const message = "a processor ahead of the audit log threw; nothing was recorded";
    throw new AuditError("not_recorded", message, { cause });
  }
}

/**
 * A context that answers as the one below it, and has a draft. `below.setValue(DRAFT, draft)` would
 * answer the same, but it copies all values into a map of its own and makes three closures: ten
 * times the bytes (measured).
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

  /** Part of `Context`. The draft stays, unless the key is its own. */
  setValue(key: symbol, value: unknown): Context {
    const below = this.#below.setValue(key, value);
    return key === DRAFT ? below : new DraftContext(below, this.#draft);
  }

  /** Part of `Context`. The draft stays, unless the key is its own. */
  deleteValue(key: symbol): Context {
    const below = this.#below.deleteValue(key);
    return key === DRAFT ? below : new DraftContext(below, this.#draft);
  }
}
