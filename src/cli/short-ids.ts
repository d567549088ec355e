/** Ids that are remembered; beyond that, older ones are forgotten. */
const REMEMBERED = 10_000;

/**
 * The last part of DIDs and URNs: `did:pqaid:alice` is alice. An id whose last part stood for another one already keeps
 * all its parts, so that nobody passes for another by the end of a name.
 */
export class ShortIds {
  readonly #whole = new Map<string, string>();

  /** The short form of an id. */
  of(id: string): string {
    const short = id.slice(id.lastIndexOf(":") + 1);
    if (short === "") return id;
    const known = this.#whole.get(short);
    if (known !== undefined) return known === id ? short : id;
    if (this.#whole.size === REMEMBERED) this.#whole.clear();
    this.#whole.set(short, id);
    return short;
  }
}
