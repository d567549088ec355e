import type { MeterProvider } from "@opentelemetry/api";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import type { AuditError } from "../errors.js";
import {
  boolean,
  callback,
  millis,
  type OptionReaders,
  oneOf,
  optional,
  positiveInteger,
  type ReadOption,
  readOptions,
  text,
  withDefault,
  withMethods,
} from "../options.js";
import type { DeliverySettings } from "./delivery-loop.js";
import { meterProviderOf } from "./delivery-metrics.js";

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

/** What reading the options gives. */
type ReadDelivery = Omit<ResolvedDelivery, "backoff" | "giveUpAfterMillis" | "meterProvider"> &
  Pick<DeliveryOptions, "giveUpAfterMillis" | "meterProvider"> & {
    readonly initialBackoffMillis: number;
    readonly maxBackoffMillis: number;
  };

/** How each option is read, for this room and for adapters that add options of their own. */
export const DELIVERY_READERS: OptionReaders<ReadDelivery> = {
  name: withDefault(DEFAULT_MIRROR_NAME, text),
  maxBatchSize: withDefault(DEFAULT_MAX_BATCH_SIZE, positiveInteger),
  maxConcurrentExports: withDefault(DEFAULT_MAX_CONCURRENT_EXPORTS, positiveInteger),
  delayMillis: withDefault(DEFAULT_DELAY_MILLIS, millis(0)),
  maxPending: withDefault(DEFAULT_MAX_PENDING, positiveInteger),
  whenFull: withDefault("reject", oneOf("reject", "throw")),
  exportTimeoutMillis: withDefault(DEFAULT_EXPORT_TIMEOUT_MILLIS, millis(1)),
  initialBackoffMillis: withDefault(DEFAULT_INITIAL_BACKOFF_MILLIS, millis(1)),
  maxBackoffMillis: withDefault(DEFAULT_MAX_BACKOFF_MILLIS, millis(1)),
  giveUpAfterMillis: optional(millis(1)),
  backfill: withDefault(false, boolean),
  onError: optional(callback()),
  meterProvider: optional(withMethods("a MeterProvider", "getMeter")),
};

/** How an exporter is read. */
export const EXPORTER: ReadOption<LogRecordExporter> = withMethods(
  "a log record exporter",
  "export",
  "forceFlush",
  "shutdown",
);

/**
 * Checks options and fills in their defaults.
 *
 * @throws `AuditError` `invalid_options` naming the option.
 */
export function resolveDelivery(options: ReliableLogRecordProcessorOptions): ResolvedDelivery {
  const { exporter, initialBackoffMillis, maxBackoffMillis, maxBatchSize, ...read } = readOptions<
    ReadDelivery & ReliableLogRecordProcessorOptions
  >(options, { ...DELIVERY_READERS, exporter: EXPORTER });
  return {
    ...read,
    onError: read.onError,
    // a batch that there is never room for would not go before its delay, while records are refused
    maxBatchSize: Math.min(maxBatchSize, read.maxPending),
    backoff: { initialMillis: initialBackoffMillis, maxMillis: maxBackoffMillis },
    giveUpAfterMillis: read.giveUpAfterMillis ?? Number.POSITIVE_INFINITY,
    meterProvider: meterProviderOf(read.meterProvider),
  };
}
