import { AuditError } from "../../errors.js";
import type { EvidenceItem, EvidenceSource } from "../../integrity/evidence.js";
import { LokiAuditReader } from "../../loki/loki-audit-reader.js";
import { LokiLog as RecordedLog } from "../../loki/loki-log.js";
import type { LokiEntry } from "../../loki/loki-record.js";
import { DEFAULT_LOOKBACK_DAYS, type LokiAuditReaderOptions } from "../../loki/options.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { AuditPage } from "../../query/audit-reader.js";
import { UsageError } from "./command.js";

/** By the option that the library names. */
const FLAG_OF: ReadonlyMap<string, string> = new Map([
  ["url", "loki"],
  ["selector", "selector"],
  ["logId", "log"],
  ["tenant", "tenant"],
  ["headers", "header"],
  ["lookbackDays", "lookback"],
]);

/**
 * A log in Loki as commands read it: faults are told in their terms. What throws or rejects does so with `UsageError`,
 * `AuditError` `delivery_failed`, or `verification_failed` when an entry is not what was sealed.
 */
export class LokiLog {
  /** As it was given. */
  readonly url: string;
  readonly selector: string;
  readonly lookbackDays: number;
  readonly #logId: string | undefined;
  readonly #reader: LokiAuditReader;
  readonly #log: RecordedLog;
  readonly #signal: AbortSignal;

  /** Asks nothing yet. Throws `UsageError`. */
  constructor(options: LokiAuditReaderOptions, signal: AbortSignal) {
    this.url = String(options.url);
    this.selector = options.selector;
    this.lookbackDays = options.lookbackDays ?? DEFAULT_LOOKBACK_DAYS;
    this.#logId = options.logId;
    this.#signal = signal;
    try {
      this.#reader = new LokiAuditReader(options);
      this.#log = new RecordedLog(options);
    } catch (error) {
      throw inOurTerms(error);
    }
  }

  /** One page of a query's answer. */
  async page(query: AuditQuery): Promise<AuditPage> {
    try {
      return await this.#reader.page(query, { signal: this.#signal });
    } catch (error) {
      throw inOurTerms(error);
    }
  }

  /** All that Loki has of the log, for `verify`. */
  evidence(): EvidenceSource {
    const { ordered = true } = this.#reader.evidence();
    return { ordered, [Symbol.asyncIterator]: () => this.#evidence() };
  }

  /**
   * All entries, oldest first, each once, checked as the pages of a query are.
   *
   * @param onCheckpoint - Told of each signed note, where it stands between them.
   */
  async *all(
    onCheckpoint: (note: string) => void = () => {},
  ): AsyncGenerator<LokiEntry, void, undefined> {
    try {
      yield* this.#log.entries(this.#signal, onCheckpoint);
    } catch (error) {
      throw inOurTerms(error);
    }
  }

  /** The id of the log; undefined where Loki has no entry of it. */
  async logId(): Promise<string | undefined> {
    if (this.#logId !== undefined) return this.#logId;
    for await (const { logId } of this.all()) return logId;
    return undefined;
  }

  async *#evidence(): AsyncGenerator<EvidenceItem, void, undefined> {
    try {
      yield* this.#reader.evidence({ signal: this.#signal });
    } catch (error) {
      throw inOurTerms(error);
    }
  }
}

/** Options as flags, and entries that contradict what was sealed as what they are for a command. */
function inOurTerms(error: unknown): unknown {
  if (!(error instanceof AuditError)) return error;
  const { code, field = "", message } = error;
  const name = field.split(".")[0] ?? "";
  const flag = FLAG_OF.get(name);
  if (code === "invalid_options" && flag !== undefined)
    return new UsageError(`--${flag}${message.slice(name.length)}`);
  if (code !== "invalid_evidence") return error;
  const advice = "quorumlog verify --loki";
  return new AuditError("verification_failed", `${message} (${advice})`, { cause: error });
}
