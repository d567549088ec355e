import type { MeterProvider } from "@opentelemetry/api";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import {
  type AuditError,
  checkNames,
  functionOf,
  invalidOption,
  positiveInteger,
} from "../errors.js";
import { MAX_TIMER_MILLIS } from "./deadline.js";
import type { DeliverySettings } from "./delivery-loop.js";
import { meterProviderOf } from "./meter-provider.js";

/** What a mirror is called unless it says otherwise. */
export const DEFAULT_MIRROR_NAME = "otlp";
/** Records an export unless told otherwise. */
export const DEFAULT_MAX_BATCH_SIZE = 1024;
/** Exports in flight unless told otherwise. */
export const DEFAULT_MAX_CONCURRENT_EXPORTS = 1;
/** How long a record waits for others, in milliseconds, unless told otherwise. */
export const DEFAULT_DELAY_MILLIS = 1000;
/** How many records may be pending in memory unless told otherwise. */
export const DEFAULT_MAX_PENDING = 65_536;
/** How long an export may take, in milliseconds, unless told otherwise. */
export const DEFAULT_EXPORT_TIMEOUT_MILLIS = 30_000;
/** Upper bound of the first wait between attempts, in milliseconds, unless told otherwise. */
export const DEFAULT_INITIAL_BACKOFF_MILLIS = 1000;
/** Upper bound of every wait between attempts, in milliseconds, unless told otherwise. */
export const DEFAULT_MAX_BACKOFF_MILLIS = 30_000;

/** How records are delivered; the same for every reliable mirror. */
export interface DeliveryOptions {
  /**
   * Keys the line in the ledger; stable from one start to the next.
   *
   * @defaultValue {@link DEFAULT_MIRROR_NAME}, "otlp"
   */
  readonly name?: string | undefined;
  /**
   * Records an export at the most, and no more than `maxPending`.
   *
   * @defaultValue {@link DEFAULT_MAX_BATCH_SIZE}, 1024
   */
  readonly maxBatchSize?: number | undefined;
  /**
   * Exports in flight at the most. With more than one, records can arrive out of order, and when an export fails, those
   * that were in flight behind it are sent again. While something is wrong, it is one.
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
   * What happens to a record when that many are pending: `"reject"` counts it as rejected, reports it, and the app goes
   * on; `"throw"` fails closed: the helper throws `delivery_failed` and the entry is recorded nowhere.
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
   * Upper bound of the wait after the first failure, in milliseconds; it doubles with every further one.
   *
   * @defaultValue {@link DEFAULT_INITIAL_BACKOFF_MILLIS}, 1000
   */
  readonly initialBackoffMillis?: number | undefined;
  /**
   * Upper bound of every wait, in milliseconds; a longer Retry-After of the backend is honoured all the same.
   *
   * @defaultValue {@link DEFAULT_MAX_BACKOFF_MILLIS}, 30 000
   */
  readonly maxBackoffMillis?: number | undefined;
  /**
   * After how long a record that cannot be delivered is rejected, in milliseconds.
   *
   * @defaultValue never
   */
  readonly giveUpAfterMillis?: number | undefined;
  /**
   * Whether a journal that does not know this name yet hands the mirror all entries that it holds.
   *
   * @defaultValue false: those from now on
   */
  readonly backfill?: boolean | undefined;
  /** Told of every rejection and, at most once a minute, of a faulty configuration, beside the log that owns the mirror. */
  readonly onError?: ((error: AuditError) => void) | undefined;
  /**
   * Where the metrics go.
   *
   * @defaultValue the provider that is registered with the OpenTelemetry API, if any
   */
  readonly meterProvider?: MeterProvider | undefined;
}

/** Options of a `ReliableLogRecordProcessor`. */
export interface ReliableLogRecordProcessorOptions extends DeliveryOptions {
  /** What delivers; owned, and shut down, by the processor. */
  readonly exporter: LogRecordExporter;
}

/** Options with their defaults. */
export interface ResolvedDelivery extends DeliverySettings {
  readonly name: string;
  readonly maxPending: number;
  readonly whenFull: "reject" | "throw";
  readonly backfill: boolean;
  readonly onError: ((error: AuditError) => void) | undefined;
  readonly meterProvider: () => MeterProvider;
}

/** The names of {@link DeliveryOptions}, for adapters that add options of their own. */
export const DELIVERY_OPTION_NAMES: readonly (keyof DeliveryOptions)[] = [
  "name",
  "maxBatchSize",
  "maxConcurrentExports",
  "delayMillis",
  "maxPending",
  "whenFull",
  "exportTimeoutMillis",
  "initialBackoffMillis",
  "maxBackoffMillis",
  "giveUpAfterMillis",
  "backfill",
  "onError",
  "meterProvider",
];

/**
 * Checks options and fills in their defaults.
 *
 * @throws `AuditError` `invalid_options` naming the option.
 */
export function resolveDelivery(options: ReliableLogRecordProcessorOptions): ResolvedDelivery {
  checkNames(options, [...DELIVERY_OPTION_NAMES, "exporter"]);
  for (const method of ["export", "forceFlush", "shutdown"] as const)
    if (typeof options.exporter?.[method] !== "function")
      throw invalidOption("exporter", `a log record exporter has ${method}()`);
  const { name = DEFAULT_MIRROR_NAME, whenFull = "reject", backfill = false } = options;
  if (typeof name !== "string" || name === "")
    throw invalidOption("name", "expected a string that is not empty");
  if (whenFull !== "reject" && whenFull !== "throw")
    throw invalidOption("whenFull", 'expected "reject" or "throw"');
  if (typeof backfill !== "boolean") throw invalidOption("backfill", "expected a boolean");
  const maxBatchSize =
    positiveInteger(options.maxBatchSize, "maxBatchSize") ?? DEFAULT_MAX_BATCH_SIZE;
  const maxPending = positiveInteger(options.maxPending, "maxPending") ?? DEFAULT_MAX_PENDING;
  return {
    name,
    whenFull,
    backfill,
    onError: functionOf(options.onError, "onError"),
    // a batch that there is never room for would not go before its delay, while records are refused
    maxBatchSize: Math.min(maxBatchSize, maxPending),
    maxConcurrentExports:
      positiveInteger(options.maxConcurrentExports, "maxConcurrentExports") ??
      DEFAULT_MAX_CONCURRENT_EXPORTS,
    maxPending,
    delayMillis: millis(options.delayMillis, "delayMillis", 0) ?? DEFAULT_DELAY_MILLIS,
    exportTimeoutMillis:
      millis(options.exportTimeoutMillis, "exportTimeoutMillis", 1) ??
      DEFAULT_EXPORT_TIMEOUT_MILLIS,
    backoff: {
      initialMillis:
        millis(options.initialBackoffMillis, "initialBackoffMillis", 1) ??
        DEFAULT_INITIAL_BACKOFF_MILLIS,
      maxMillis:
        millis(options.maxBackoffMillis, "maxBackoffMillis", 1) ?? DEFAULT_MAX_BACKOFF_MILLIS,
    },
    giveUpAfterMillis:
      millis(options.giveUpAfterMillis, "giveUpAfterMillis", 1) ?? Number.POSITIVE_INFINITY,
    meterProvider: meterProviderOf(options.meterProvider),
  };
}

function millis(value: unknown, field: string, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= least && value <= MAX_TIMER_MILLIS))
    throw invalidOption(field, `expected ${least} to ${MAX_TIMER_MILLIS} milliseconds`);
  return value;
}
