/** Where a log was named. */
export interface NamingPlace {
  readonly sequence: number;
  readonly line: number;
}

interface Naming {
  count: number;
  readonly places: NamingPlace[];
}

/** Names that are told apart, and places that are kept of each. */
const NAMES = 16;
const PLACES = 100;

/** What stands for the names beyond those; no log can be called so. */
const OTHERS = "one of many";

/** Which logs the lines of a source name: one, unless something is wrong. */
export class LogNames {
  readonly #namings = new Map<string, Naming>();
  #recent: Naming | undefined;
  #recentName: string | undefined;

  /** The one that is named most often. */
  get mostCommon(): string | undefined {
    const [first] = [...this.#namings].sort(([, a], [, b]) => b.count - a.count);
    return first?.[0];
  }

  /** Takes down what a line names. */
  add(name: string, sequence: number, line: number): void {
    if (name !== this.#recentName || this.#recent === undefined) this.#recent = this.#naming(name);
    this.#recentName = name;
    const naming = this.#recent;
    naming.count++;
    if (naming.places.length < PLACES) naming.places.push({ sequence, line });
  }

  /** What was named beside a log; names beyond the sixteenth stand under one. */
  *others(
    log: string | undefined,
  ): Generator<readonly [string, Readonly<Naming>], void, undefined> {
    for (const entry of this.#namings) if (entry[0] !== log) yield entry;
  }

  #naming(name: string): Naming {
    const key = this.#namings.size < NAMES || this.#namings.has(name) ? name : OTHERS;
    let naming = this.#namings.get(key);
    if (naming === undefined) {
      naming = { count: 0, places: [] };
      this.#namings.set(key, naming);
    }
    return naming;
  }
}
