import type { ColumnName } from "../../entry/columns.js";
import { parseObject } from "../../entry/json.js";
import { AuditError, reasonOf } from "../../errors.js";
import { parseCheckpoint } from "../../integrity/checkpoint.js";
import type { EvidenceItem } from "../../integrity/evidence.js";
import { LokiAuditReader } from "../../loki/loki-audit-reader.js";
import { LokiLog } from "../../loki/loki-log.js";
import {
  DEFAULT_LOOKBACK_DAYS,
  DEFAULT_MAX_RECORDS,
  type LokiAuditReaderOptions,
} from "../../loki/options.js";
import { tooMany } from "../../loki/record-pages.js";
import { type CommandIo, UsageError } from "./command.js";
import { naturalOf } from "./flag-values.js";
import {
  type ClosedSource,
  type EntryReader,
  idsEndingIn,
  type Source,
  type SourceCheckpoint,
} from "./source.js";

/** What the flags say about a Loki. */
export interface LokiFlags {
  readonly url: string;
  readonly selector: string;
  readonly logId: string | undefined;
  readonly tenant: string | undefined;
  /** Each `Name: value`. */
  readonly header: readonly string[] | undefined;
  readonly lookback: string | undefined;
  readonly maxRecords: string | undefined;
}

/** The flag for each option of the library. */
const FLAG_OF: ReadonlyMap<string, string> = new Map([
  ["url", "loki"],
  ["selector", "selector"],
  ["logId", "log"],
  ["tenant", "tenant"],
  ["headers", "header"],
  ["lookbackDays", "lookback"],
  ["maxRecords", "max-records"],
]);

/** A log in Loki. Nothing is asked yet. Throws `UsageError`. */
export function lokiSource(
  { header, lookback, maxRecords: most, ...given }: LokiFlags,
  { signal }: Pick<CommandIo, "signal">,
): ClosedSource {
  const { selector } = given;
  const lookbackDays = naturalOf(lookback, "lookback") ?? DEFAULT_LOOKBACK_DAYS;
  const maxRecords = naturalOf(most, "max-records");
  try {
    const options = { ...given, headers: headersOf(header), lookbackDays, maxRecords };
    const source = new LokiSource(options, signal);
    const { name } = source;
    return { name, named: { loki: name, selector }, open: (work) => work(source) };
  } catch (error) {
    throw inOurTerms(error);
  }
}

/**
 * Reads Loki until a signal comes, or until it gave more records than a command may read: its
 * answers may never end. Rejects with `UsageError` for what a flag must change,
 * `delivery_failed`, and `verification_failed` for an entry that is not what was sealed.
 */
class LokiSource implements Source, EntryReader {
  readonly kind = "loki";
  readonly name: string;
  readonly lookbackDays: number;
  readonly #reader: LokiAuditReader;
  readonly #log: LokiLog;
  readonly #maxRecords: number;
  /** How many entries came in pages that follow each other: for the reader, each is a question. */
  #paged = 0;
  #logId: string | undefined;
  readonly #signal: AbortSignal;

  constructor(
    options: LokiAuditReaderOptions & { readonly url: string; readonly lookbackDays: number },
    signal: AbortSignal,
  ) {
    this.#reader = new LokiAuditReader(options);
    this.#log = new LokiLog(options);
    // the rest of the URL may hold a token
    const { origin, pathname } = new URL(options.url);
    this.name = `${origin}${pathname.replace(/\/$/, "")}`;
    this.lookbackDays = options.lookbackDays;
    this.#maxRecords = options.maxRecords ?? DEFAULT_MAX_RECORDS;
    this.#logId = options.logId;
    this.#signal = signal;
  }

  reader(): EntryReader {
    return this;
  }

  page: EntryReader["page"] = async (query) => {
    const page = await asked(this.#reader.page(query, this.#options));
    this.#paged += page.entries.length;
    if (this.#paged > this.#maxRecords) throw tooMany(this.#maxRecords, "records");
    if (page.next === undefined) this.#paged = 0; // `tail -f` may go on for ever
    return page;
  };

  count: EntryReader["count"] = (query) => asked(this.#reader.count(query, this.#options));

  lines(): AsyncIterable<string> {
    return each(this.#reader.lines(this.#options));
  }

  values(): readonly string[] {
    return [];
  }

  async idsEndingIn(column: ColumnName, text: string, most: number): Promise<readonly string[]> {
    const ids = await asked(this.#log.valuesEndingIn(column, text, most, this.#signal));
    return idsEndingIn(ids, text, most);
  }

  async logId(): Promise<string | undefined> {
    if (this.#logId === undefined)
      for await (const line of this.lines()) {
        this.#logId = parseObject(line)?.["log"] as string;
        break;
      }
    return this.#logId;
  }

  async end(): Promise<number> {
    // a question of its own: `tail -f` asks it again and again
    const { entries } = await asked(this.#reader.page({ limit: 1 }, this.#options));
    return (entries[0]?.sequence ?? -1) + 1;
  }

  async newestCheckpoint(): Promise<SourceCheckpoint | undefined> {
    const logId = await this.logId();
    for await (const note of each(this.#log.checkpoints(true, this.#signal))) {
      const [checkpoint] = checkpointsOf(note, logId);
      if (checkpoint !== undefined) return checkpoint;
    }
    return undefined;
  }

  async checkpoints(): Promise<SourceCheckpoint[]> {
    const logId = await this.logId();
    const checkpoints: SourceCheckpoint[] = [];
    for await (const note of each(this.#log.checkpoints(false, this.#signal)))
      checkpoints.push(...checkpointsOf(note, logId));
    return checkpoints.sort((a, b) => a.size - b.size);
  }

  evidence(): ReturnType<Source["evidence"]> {
    const { ordered = true } = this.#reader.evidence();
    const items = (): AsyncGenerator<EvidenceItem, void, undefined> =>
      each(this.#reader.evidence(this.#options));
    return { ordered, [Symbol.asyncIterator]: items };
  }

  get #options(): { readonly signal: AbortSignal } {
    return { signal: this.#signal };
  }
}

/** The checkpoint of a note, if it is one of the log; `verify` judges what else is there. */
function checkpointsOf(note: string, logId: string | undefined): SourceCheckpoint[] {
  try {
    const checkpoint = parseCheckpoint(note);
    return logId === undefined || checkpoint.origin === logId ? [checkpoint] : [];
  } catch {
    return [];
  }
}

function headersOf(given: LokiFlags["header"] = []): Record<string, string> {
  const headers = new Map<string, string>();
  for (const text of given) {
    const { name = "", value = "" } = /^(?<name>[^\s:]+):(?<value>.*)$/s.exec(text)?.groups ?? {};
    // what was given may be a secret, and does not stand in the message
    if (name === "" || value.trim() === "")
      throw new UsageError('--header: expected "Name: value"');
    const key = name.toLowerCase();
    if (headers.has(key)) throw new UsageError(`--header: ${key} is given twice`);
    headers.set(key, value.trim());
  }
  return Object.fromEntries(headers);
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw inOurTerms(error);
  }
}

async function* each<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    throw inOurTerms(error);
  }
}

/**
 * An option as its flag, and a record that contradicts what was sealed as what it is for a command.
 */
function inOurTerms(error: unknown): unknown {
  if (!(error instanceof AuditError)) return error;
  const { code, message, field = "" } = error;
  const flag = FLAG_OF.get(field.split(".")[0] ?? "");
  if (code === "invalid_options" && flag !== undefined)
    return new UsageError(`--${flag}: ${reasonOf(error)}`);
  return code === "invalid_evidence"
    ? new AuditError("verification_failed", `${message}: quorumlog verify --loki`, { cause: error })
    : error;
}
