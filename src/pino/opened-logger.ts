import { invalidOption } from "../errors.js";
import { type Destination, partsOf } from "./destination.js";

/**
 * A logger of pino 8, 9 or 10: any that `pino()` made, a child, one with custom levels, or what a
 * framework such as Fastify calls its logger.
 */
export interface PinoLogger {
  /** The name of the least important level that is written. */
  readonly level: string;
  /** Writes nothing. */
  readonly silent: (...args: never[]) => unknown;
  /** Makes a child logger. */
  readonly child: (...args: never[]) => unknown;
}

/** What the loggers of pino 8 to 10 have, and their declared type may lack. */
interface Members {
  readonly levels: { readonly values: Readonly<Record<string, number>> };
  readonly bindings: () => object;
  readonly child: unknown;
  readonly [level: string]: unknown;
  readonly [symbol: symbol]: unknown;
}

type Compare = (level: number, threshold: number) => boolean;

/** Keys of a log line that pino itself uses, whatever its options. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "level",
  "time",
  "pid",
  "hostname",
  "msg",
  "err",
  "__proto__",
]);

/** A logger of pino, with what it keeps under symbols. */
export class OpenedLogger {
  readonly #logger: Members;
  readonly #destination: symbol;

  /** @throws `AuditError` `invalid_options` for a value that is not a logger of pino 8 to 10. */
  constructor(logger: PinoLogger) {
    const given = logger as unknown as Partial<Members> | null | undefined;
    const isLogger =
      typeof given?.levels?.values === "object" &&
      typeof given.bindings === "function" &&
      typeof given.child === "function";
    const symbol = isLogger ? symbolOf(given, "stream") : undefined;
    if (symbol === undefined)
      throw invalidOption("logger", "expected a logger of pino 8 to 10, as pino() makes");
    this.#logger = given as Members;
    this.#destination = symbol;
  }

  /** The numbers of the levels, by their names. */
  get levels(): Readonly<Record<string, number>> {
    return this.#logger.levels.values;
  }

  /** Whether one level is as important as another, as the `levelComparison` of the logger says. */
  isAtLeast(level: number, other: number): boolean {
    const compare = this.#kept("levelComp") as Compare | undefined;
    return compare === undefined ? level >= other : compare(level, other);
  }

  /** Where the lines go now. A multistream has several destinations. */
  get destinations(): readonly Destination[] {
    return partsOf(this.#logger[this.#destination] as Destination);
  }

  /** Why a key of a line is not free. Undefined if it is. */
  takenBy(key: string): string | undefined {
    const names = ["messageKey", "errorKey", "nestedKey"];
    if (RESERVED_KEYS.has(key) || names.some((name) => this.#kept(name) === key))
      return `pino itself uses "${key}"`;
    // with `nestedKey`, bindings and fields are in different objects
    const isTaken = !this.#kept("nestedKey") && Object.hasOwn(this.#logger.bindings(), key);
    return isTaken ? `the bindings of the logger have the key "${key}" too` : undefined;
  }

  /** Logs as the app does. Throws what a hook, a serializer or a destination throws. */
  log(level: string, data: object, message: string): void {
    (this.#logger[level] as (data: object, message: string) => void)(data, message);
  }

  #kept(name: string): unknown {
    const symbol = symbolOf(this.#logger, name);
    return symbol === undefined ? undefined : this.#logger[symbol];
  }
}

/**
 * The symbol under which a logger keeps something. pino exports its symbols, but each copy of pino
 * has others; the copy of the app is the one that counts.
 */
function symbolOf(logger: object, name: string): symbol | undefined {
  for (let owner = logger; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const own = Object.getOwnPropertySymbols(owner);
    const found = own.find(({ description }) => description === `pino.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
