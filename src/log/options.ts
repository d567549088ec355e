import { randomUUID } from "node:crypto";
import type { MeterProvider } from "@opentelemetry/api";
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type AuditMirror, isReliable, missingMember } from "../delivery/audit-mirror.js";
import { meterProviderOf } from "../delivery/delivery-metrics.js";
import { type ErrorListener, listenerOf } from "../delivery/reporter.js";
import type { AboutEveryCall } from "../entry/about.js";
import type { AuditEvent } from "../entry/audit-event.js";
import { DEFAULT_LOG_ID, logIdOf } from "../entry/log-id.js";
import { KIND_PATTERN, type KnownKinds, PROPOSAL_KINDS } from "../entry/operations.js";
import { timeMillis } from "../entry/timestamp.js";
import { AuditError, invalidOption } from "../errors.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import { Journal } from "../journal/journal.js";
import type { MemoryBounds } from "../memory/memory-store.js";
import {
  arrayOf,
  callback,
  MAX_TIMER_MILLIS,
  oneOf,
  optional,
  positiveInteger,
  type Readers,
  type ReadOption,
  readOptions,
  withDefault,
  withMethods,
} from "../options.js";
import {
  type CheckpointEvery,
  DEFAULT_CHECKPOINT_ENTRIES,
  DEFAULT_CHECKPOINT_MILLIS,
} from "./checkpointer.js";
import { Signer, type SignerKey } from "./signer.js";

/** The default of {@link AuditLogProcessorOptions.maxEntries}. */
export const DEFAULT_MAX_ENTRIES = 100_000;

/** Options of an `AuditLogProcessor`, and of a stand-alone `GovernanceAuditLog`. */
export interface AuditLogProcessorOptions {
  /**
   * How many entries memory holds. The oldest are evicted first. A positive integer.
   *
   * @defaultValue {@link DEFAULT_MAX_ENTRIES}, 100 000
   */
  readonly maxEntries?: number | undefined;
  /**
   * A second bound on memory, in bytes of canonical lines. A positive integer.
   *
   * @defaultValue none: no such bound
   */
  readonly maxBytes?: number | undefined;
  /**
   * The name of this log, which C2SP tlog-checkpoint calls its origin: 1 to 255 bytes without white
   * space, "+" or control characters. A log in memory starts anew each time, so a random UUID is
   * appended to its name (`<logId>/<uuid>`). A log with a journal must have the journal's id.
   *
   * @defaultValue the id of the journal, if there is one; else the name of the signer's key; else
   * {@link DEFAULT_LOG_ID}, "quorumlog"
   */
  readonly logId?: string | undefined;
  /**
   * Tells the current time. If it falls, times are held up, so that they rise with each record. If
   * it falls by more than an hour, to or above the time before a jump ahead, the jump was a glitch:
   * `onError` gets `clock_failed`, and times go on from before it.
   *
   * @defaultValue `() => new Date()`
   */
  readonly clock?: (() => Date) | undefined;
  /**
   * The durable log, or the path of its file. Each entry is committed and synced there before its
   * helper returns, and reliable mirrors deliver from there, also after a crash. A path is opened
   * at once, which can throw `journal_failed`, and closed by the shutdown. A journal that is passed
   * in open stays open.
   *
   * @defaultValue none: the log is in memory
   */
  readonly journal?: string | Journal | undefined;
  /**
   * When an entry is safe from a crash. With `"commit"`, when its helper returns, which waits for a
   * sync of the disk. With `"batch"`, a few milliseconds later, together with others. Mirrors are
   * handed the entry then, and a flush or a shutdown waits for it. A group that cannot be committed
   * is kept and tried again, and helpers throw `journal_failed` until that succeeds. Needs a
   * journal.
   *
   * @defaultValue "commit"
   */
  readonly durability?: "commit" | "batch" | undefined;
  /**
   * Signs checkpoints of the log (C2SP tlog-checkpoint), so that an auditor can prove offline that
   * nothing was altered. One key or several, such as an old and a new one. Their name must be the
   * log id. Needs a journal, since one log must never sign two histories.
   *
   * @defaultValue none: no checkpoints are made
   */
  readonly signer?: SignerKey | readonly SignerKey[] | undefined;
  /**
   * When the log signs a checkpoint on its own. The shutdown signs one more.
   *
   * @defaultValue after {@link DEFAULT_CHECKPOINT_ENTRIES}, 1000 entries, or
   * {@link DEFAULT_CHECKPOINT_MILLIS}, 60 000 ms, whichever comes first
   */
  readonly checkpointEvery?: CheckpointEvery | undefined;
  /**
   * Kinds of proposals that the log records beside the nine of {@link PROPOSAL_KINDS}. Declare them
   * in {@link ProposalKinds} too. Each is `[a-z][a-z0-9-]*`, at most 64 characters. With `"any"`,
   * it records every kind, as an import of another vocabulary needs.
   *
   * @defaultValue none: a kind that is not one of the nine is refused
   */
  readonly kinds?: readonly string[] | "any" | undefined;
  /**
   * Tells who stands behind a call, and more details of it, for example from an
   * `AsyncLocalStorage` that holds the present request. It is asked once for each call, also for a
   * record of the app's own logger. What the call itself gives has rank over it: an actor as a
   * whole, details key by key. If it throws, the call is refused (`invalid_entry`).
   *
   * @defaultValue none: an entry says only what its call gives
   */
  readonly about?: (() => AboutEveryCall | undefined) | undefined;
  /** Where sealed records go on to, in this order. The log flushes them and shuts them down. */
  readonly mirrors?: readonly LogRecordProcessor[] | undefined;
  /**
   * Gets a copy of each event before it is sealed, and returns what to record instead, for example
   * the event without personal data. It must not change the operation. If it throws or returns
   * nothing, the event is refused (`invalid_entry`). What it removes is also missing in the entries
   * that helpers return, whatever their types say.
   */
  readonly redact?: ((event: AuditEvent) => AuditEvent) | undefined;
  /**
   * Called for every failure that no caller can be told of: of a mirror, or of a record of the
   * app's own logger that cannot be recorded.
   *
   * @defaultValue a process warning for the first failure, then at most one a minute, with the
   * number of failures since
   */
  readonly onError?: ((error: AuditError) => void) | undefined;
  /**
   * Takes the metrics of the journal.
   *
   * @defaultValue the provider that is registered with the OpenTelemetry API, if any
   */
  readonly meterProvider?: MeterProvider | undefined;
}

/** Options of a stand-alone `GovernanceAuditLog`. */
export interface GovernanceAuditLogOptions extends AuditLogProcessorOptions {
  /**
   * Describes the app in every record. Overrides `OTEL_SERVICE_NAME` and
   * `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @defaultValue the resource that the environment describes, with a random `service.instance.id`
   */
  readonly resource?: ReadableLogRecord["resource"] | undefined;
}

/** Checked options, with their defaults filled in. */
export interface ResolvedOptions extends MemoryBounds {
  /** The journal's id, or a name with the UUID of this run. */
  readonly logId: string;
  /** The time by the clock of the options, in milliseconds since 1970. */
  readonly clock: () => number;
  readonly journal: Journal | undefined;
  /** Whether the journal was opened for this log, which must then close it. */
  readonly ownsJournal: boolean;
  readonly durability: "commit" | "batch";
  /** Empty if nothing is signed. */
  readonly keys: readonly SigningKey[];
  readonly checkpointEvery: { readonly entries: number; readonly millis: number };
  /** The nine, and the app's own; or every kind. */
  readonly kinds: KnownKinds;
  readonly mirrors: readonly AuditMirror[];
  readonly meterProvider: () => MeterProvider;
  readonly about: (() => AboutEveryCall | undefined) | undefined;
  readonly redact: ((event: AuditEvent) => AuditEvent) | undefined;
  readonly onError: ErrorListener;
}

/** The options before the journal is opened. */
interface ReadOptions extends Omit<ResolvedOptions, "logId" | "journal" | "ownsJournal" | "keys"> {
  readonly logId: string | undefined;
  readonly journal: string | Journal | undefined;
  readonly signer: Signer | undefined;
}

const READERS: Readers<ReadOptions> = {
  maxEntries: withDefault(DEFAULT_MAX_ENTRIES, positiveInteger),
  maxBytes: withDefault(Number.POSITIVE_INFINITY, positiveInteger),
  logId: logIdOf,
  clock: millisOf,
  journal: optional(pathOrJournal),
  durability: withDefault("commit", oneOf("commit", "batch")),
  signer: optional((value) => new Signer(value as SignerKey)),
  checkpointEvery: (value = {}, field) => readOptions(value, CHECKPOINT_READERS, field),
  kinds: (value = [], field) =>
    value === "any" ? value : [...PROPOSAL_KINDS, ...arrayOf(kind)(value, field)],
  mirrors: withDefault<readonly AuditMirror[]>([], mirrors),
  meterProvider: meterProviderOf,
  about: optional(callback()),
  redact: optional(callback()),
  onError: listenerOf,
};

const CHECKPOINT_READERS: Readers<ResolvedOptions["checkpointEvery"]> = {
  entries: withDefault(DEFAULT_CHECKPOINT_ENTRIES, positiveInteger),
  millis: withDefault(DEFAULT_CHECKPOINT_MILLIS, (value, field) =>
    Math.min(positiveInteger(value, field), MAX_TIMER_MILLIS),
  ),
};

/**
 * Checks options and fills in their defaults.
 *
 * @throws {@link AuditError} `invalid_options` with the name of the option, also for an option that
 * does not exist; `journal_failed`.
 */
export function resolveOptions(options: AuditLogProcessorOptions): ResolvedOptions {
  const { signer, ...read } = readOptions(options, READERS);
  assertFits(options);
  const logId = read.logId ?? signer?.name;
  // a journal that is refused its name must not be made first
  if (typeof read.journal === "string") signer?.assertFree(read.journal, logId ?? DEFAULT_LOG_ID);
  // last, so that no refused option leaves it open
  const journal =
    read.logId === undefined ? openedFor(signer, read.journal) : opened(read.journal, logId);
  const ownsJournal = journal !== undefined && journal !== read.journal;
  return {
    ...read,
    logId: journal?.logId ?? `${read.logId ?? DEFAULT_LOG_ID}/${randomUUID()}`,
    journal,
    ownsJournal,
    keys: keysOf(signer, journal, ownsJournal),
  };
}

/** Refuses options that need another one. */
function assertFits({
  durability,
  journal,
  signer,
  checkpointEvery = {},
}: AuditLogProcessorOptions): void {
  if (durability === "batch" && journal === undefined)
    throw invalidOption("durability", "there is no journal to commit to");
  if (signer === undefined && Object.keys(checkpointEvery).length > 0)
    throw invalidOption("checkpointEvery", "there is no signer");
  if (signer !== undefined && journal === undefined)
    throw invalidOption(
      "signer",
      "there is no journal, and a log in memory would sign a new history at each start",
    );
}

function pathOrJournal(value: unknown, field: string): string | Journal {
  if (typeof value === "string" || value instanceof Journal) return value;
  throw invalidOption(field, "expected a file path or an open Journal");
}

function keysOf(
  signer: Signer | undefined,
  journal: Journal | undefined,
  ownsJournal: boolean,
): SigningKey[] {
  if (signer === undefined || journal === undefined) return [];
  try {
    const keys = signer.keysOf(journal.logId);
    journal.claimName(keys);
    return keys;
  } catch (error) {
    if (ownsJournal) journal.close();
    throw error;
  }
}

/** Opens a journal under the name of the key. The key must fit a journal that is there already. */
function openedFor(
  signer: Signer | undefined,
  journal: string | Journal | undefined,
): Journal | undefined {
  try {
    return opened(journal, signer?.name);
  } catch (error) {
    // nobody gave a log id, so the message must speak of the key
    if (error instanceof AuditError && error.field === "logId" && journal !== undefined)
      signer?.keysOf(logIdIn(journal));
    throw error;
  }
}

function logIdIn(journal: string | Journal): string {
  if (typeof journal !== "string") return journal.logId;
  const read = Journal.open(journal, { readOnly: true });
  read.close();
  return read.logId;
}

function opened(
  journal: string | Journal | undefined,
  logId: string | undefined,
): Journal | undefined {
  if (typeof journal === "string") return Journal.open(journal, { logId });
  if (journal !== undefined && logId !== undefined && logId !== journal.logId)
    throw invalidOption(
      "logId",
      `the journal belongs to the log "${journal.logId}"; leave the option out`,
    );
  return journal;
}

function kind(value: unknown, field: string): string {
  if (typeof value === "string" && KIND_PATTERN.test(value)) return value;
  throw invalidOption(field, "expected [a-z][a-z0-9-]* of at most 64 characters");
}

/** A clock in milliseconds since 1970. */
function millisOf(value: unknown, field: string): () => number {
  // looked up at each call, so that a log follows fake timers that are set up after it
  if (value === undefined) return () => Date.now();
  const clock = callback<() => Date>()(value, field);
  return () => {
    try {
      return timeMillis(clock(), field);
    } catch (cause) {
      const message = `${field}: it did not give a time from 1970 to 2262; nothing was recorded`;
      throw new AuditError("not_recorded", message, { field, cause });
    }
  };
}

const MIRROR: ReadOption<AuditMirror> = withMethods(
  "a log record processor",
  "onEmit",
  "forceFlush",
  "shutdown",
);

function mirrors(value: unknown, field: string): AuditMirror[] {
  const read = arrayOf(MIRROR)(value, field);
  const names = new Set<string>();
  for (const [index, mirror] of read.entries()) {
    const here = `${field}[${index}]`;
    if (read.indexOf(mirror) !== index) throw invalidOption(here, "the same mirror appears twice");
    const missing = missingMember(mirror);
    if (missing !== undefined)
      throw invalidOption(here, `a reliable mirror also has ${missing}: see ReliableMirror`);
    if (!isReliable(mirror)) continue;
    if (names.has(mirror.name))
      throw invalidOption(here, `another mirror is named "${mirror.name}"`);
    names.add(mirror.name);
  }
  return read;
}
