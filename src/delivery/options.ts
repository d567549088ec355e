import type { MeterProvider } from "@opentelemetry/api";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import type { AuditError } from "../errors.js";
import {
  boolean,
  callback,
  millis,
  oneOf,
  optional,
  positiveInteger,
  type Readers,
  type ReadOption,
  readOptions,
  text,
  withDefault,
  withMethods,
} from "../options.js";
import type { DeliverySettings } from "./delivery-loop.js";
import { meterProviderOf } from "./delivery-metrics.js";

/** The default name of a mirror. */
export const DEFAULT_MIRROR_NAME = "otlp";
/** The default of `maxBatchSize`, in records. */
export const DEFAULT_MAX_BATCH_SIZE = 1024;
/** The default of `maxConcurrentExports`. */
export const DEFAULT_MAX_CONCURRENT_EXPORTS = 1;
/** The default of `delayMillis`. */
export const DEFAULT_DELAY_MILLIS = 1000;
/** The default of `maxPending`, in records. */
export const DEFAULT_MAX_PENDING = 65_536;
/** The default of `exportTimeoutMillis`. */
export const DEFAULT_EXPORT_TIMEOUT_MILLIS = 30_000;
/** The default of `shutdownTimeoutMillis`. */
export const DEFAULT_SHUTDOWN_TIMEOUT_MILLIS = 2000;
/** The default of `initialBackoffMillis`. */
export const DEFAULT_INITIAL_BACKOFF_MILLIS = 1000;
/** The default of `maxBackoffMillis`. */
export const DEFAULT_MAX_BACKOFF_MILLIS = 30_000;

/** How records are delivered. Every reliable mirror of this package takes these options. */
export interface DeliveryOptions {
  /**
   * Keys the line in the ledger, and the outbox in a journal. Must be stable from one start to the
   * next.
   *
   * @defaultValue {@link DEFAULT_MIRROR_NAME}, "otlp"
   */
  readonly name?: string | undefined;
  /**
   * How many records one export may have, but no more than `maxPending`.
   *
   * @defaultValue {@link DEFAULT_MAX_BATCH_SIZE}, 1024
   */
  readonly maxBatchSize?: number | undefined;
  /**
   * How many exports may run at once. With more than one, records can arrive out of order, and when
   * an export fails, the ones behind it are sent again. After a failure, only one export runs until
   * deliveries succeed again.
   *
   * @defaultValue {@link DEFAULT_MAX_CONCURRENT_EXPORTS}, 1
   */
  readonly maxConcurrentExports?: number | undefined;
  /**
   * How long a record waits for others to make a batch, in milliseconds.
   *
   * @defaultValue {@link DEFAULT_DELAY_MILLIS}, 1000
   */
  readonly delayMillis?: number | undefined;
  /**
   * How many records may be pending in memory.
   *
   * @defaultValue {@link DEFAULT_MAX_PENDING}, 65 536
   */
  readonly maxPending?: number | undefined;
  /**
   * What happens to a new record when `maxPending` are pending. `"reject"` counts it as rejected
   * and reports it; the app goes on. `"throw"` fails closed: the helper throws `delivery_failed`,
   * and the entry is not recorded, in memory or on disk.
   *
   * @defaultValue `"reject"`
   */
  readonly whenFull?: "reject" | "throw" | undefined;
  /**
   * How long an export may take before it counts as failed, in milliseconds.
   *
   * @defaultValue {@link DEFAULT_EXPORT_TIMEOUT_MILLIS}, 30 000
   */
  readonly exportTimeoutMillis?: number | undefined;
  /**
   * A shutdown ends early when nothing was delivered for so long, in milliseconds, and all that is
   * pending is safe in a journal: the next start delivers it. Has no effect without a journal.
   *
   * @defaultValue {@link DEFAULT_SHUTDOWN_TIMEOUT_MILLIS}, 2000
   */
  readonly shutdownTimeoutMillis?: number | undefined;
  /**
   * Upper bound of the wait after the first failure, in milliseconds. It doubles with each further
   * failure.
   *
   * @defaultValue {@link DEFAULT_INITIAL_BACKOFF_MILLIS}, 1000
   */
  readonly initialBackoffMillis?: number | undefined;
  /**
   * Upper bound of every wait, in milliseconds. A longer Retry-After of the backend is honoured.
   *
   * @defaultValue {@link DEFAULT_MAX_BACKOFF_MILLIS}, 30 000
   */
  readonly maxBackoffMillis?: number | undefined;
  /**
   * A record that is older than this when an attempt fails is rejected, in milliseconds.
   *
   * @defaultValue never
   */
  readonly giveUpAfterMillis?: number | undefined;
  /**
   * Whether a journal that does not know this name yet hands the mirror all entries that it holds.
   *
   * @defaultValue false: only the entries from now on
   */
  readonly backfill?: boolean | undefined;
  /**
   * Hears of every rejection and, at most once a minute, of failures that last. The `onError` of
   * the log that owns the mirror hears of them too.
   *
   * @defaultValue none; where the log has none either, the process warns
   */
  readonly onError?: ((error: AuditError) => void) | undefined;
  /**
   * Where the metrics go. Looked up when the first record arrives.
   *
   * @defaultValue the provider that is registered with the OpenTelemetry API, if any
   */
  readonly meterProvider?: MeterProvider | undefined;
}

/** Options of a `ReliableLogRecordProcessor`. */
export interface ReliableLogRecordProcessorOptions extends DeliveryOptions {
  /** Sends the records. The processor owns it and shuts it down. */
  readonly exporter: LogRecordExporter;
}

/** Options with their defaults. */
export interface ResolvedDelivery extends DeliverySettings {
  readonly name: string;
  readonly maxPending: number;
  readonly whenFull: "reject" | "throw";
  readonly shutdownTimeoutMillis: number;
  readonly backfill: boolean;
  readonly onError: ((error: AuditError) => void) | undefined;
  readonly meterProvider: () => MeterProvider;
}

/** The options as their readers return them. */
type ReadDelivery = Omit<ResolvedDelivery, "backoff"> & {
  readonly initialBackoffMillis: number;
  readonly maxBackoffMillis: number;
};

/** How each option is read. Adapters add readers for options of their own. */
export const DELIVERY_READERS: Readers<ReadDelivery> = {
  name: withDefault(DEFAULT_MIRROR_NAME, text),
  maxBatchSize: withDefault(DEFAULT_MAX_BATCH_SIZE, positiveInteger),
  maxConcurrentExports: withDefault(DEFAULT_MAX_CONCURRENT_EXPORTS, positiveInteger),
  delayMillis: withDefault(DEFAULT_DELAY_MILLIS, millis(0)),
  maxPending: withDefault(DEFAULT_MAX_PENDING, positiveInteger),
  whenFull: withDefault("reject", oneOf("reject", "throw")),
  exportTimeoutMillis: withDefault(DEFAULT_EXPORT_TIMEOUT_MILLIS, millis(1)),
  shutdownTimeoutMillis: withDefault(DEFAULT_SHUTDOWN_TIMEOUT_MILLIS, millis(1)),
  initialBackoffMillis: withDefault(DEFAULT_INITIAL_BACKOFF_MILLIS, millis(1)),
  maxBackoffMillis: withDefault(DEFAULT_MAX_BACKOFF_MILLIS, millis(1)),
  giveUpAfterMillis: withDefault(Number.POSITIVE_INFINITY, millis(1)),
  backfill: withDefault(false, boolean),
  onError: optional(callback()),
  meterProvider: meterProviderOf,
};

/** How the exporter is read. */
export const EXPORTER: ReadOption<LogRecordExporter> = withMethods(
  "a log record exporter",
  "export",
  "shutdown",
);

/**
 * Checks options and fills in their defaults.
 *
 * @throws `AuditError` `invalid_options` naming the option.
 */
export function resolveDelivery(options: ReliableLogRecordProcessorOptions): ResolvedDelivery {
  const { initialBackoffMillis, maxBackoffMillis, ...read } = readOptions<
    ReadDelivery & { readonly exporter: LogRecordExporter }
  >(options, { ...DELIVERY_READERS, exporter: EXPORTER });
  return {
    ...read,
    // a batch that has no room in the spool would never be full, and wait for its delay
    maxBatchSize: Math.min(read.maxBatchSize, read.maxPending),
    backoff: { initialMillis: initialBackoffMillis, maxMillis: maxBackoffMillis },
  };
}
