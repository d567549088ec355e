import fc from "fast-check";
import { expect } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { AuditQuery } from "../../src/index.js";
import { MemoryStore } from "../../src/memory/memory-store.js";
import { parseQuery } from "../../src/query/audit-query.js";
import { pageOf } from "../../src/query/audit-reader.js";
import { queries } from "../fixtures/arbitrary-log.ts";
import { all } from "../fixtures/loki-records.ts";
import { filtered } from "../fixtures/plain-filter.ts";

/** Which questions to ask. */
export interface ContractOptions {
  /** The questions. By default, 40 random ones. */
  readonly asked?: readonly AuditQuery[];
}

/** The reader: a `LokiAuditReader`, from `src` or from `dist`. */
export interface AskedReader {
  entries(query?: AuditQuery): Promise<readonly unknown[]>;
  page(
    query?: AuditQuery,
  ): Promise<{ readonly entries: readonly unknown[]; readonly next?: number }>;
  count(query?: Omit<AuditQuery, "limit">): Promise<number>;
  get(sequence: number): Promise<unknown>;
  lines(): AsyncIterable<string>;
}

/** An entry as it was sealed. */
export interface HeldEntry {
  readonly entry: { readonly sequence: number };
  readonly line: string;
  readonly timestampMillis: number;
}

/**
 * Expects a reader of a Loki to answer what memory answers with the same entries.
 *
 * @param sealed - All entries of the log, by sequence from 0.
 */
export async function contractOf(
  reader: AskedReader,
  sealed: readonly HeldEntry[],
  { asked = fc.sample(queries, 40) }: ContractOptions = {},
): Promise<void> {
  const memory = new MemoryStore({ maxEntries: 1_000_000, maxBytes: Number.POSITIVE_INFINITY });
  const entries = sealed.map(({ entry }) => entry as AuditEntry);
  for (const { entry, timestampMillis } of sealed)
    memory.append(entry as AuditEntry, timestampMillis, 0);
  for (const query of asked) {
    const parsed = parseQuery(query);
    const { limit: _, ...unlimited } = query;
    const of = JSON.stringify(query);
    expect(await reader.entries(query), of).toEqual(memory.select(parsed));
    expect(await reader.page(query), of).toEqual(pageOf(parsed, (one) => memory.select(one)));
    expect(await reader.count(unlimited), of).toBe(memory.count(parsed));
    expect(memory.select({ ...parsed, limit: sealed.length }), of).toEqual(
      filtered(entries, query),
    );
  }
  for (const order of ["newest", "oldest"] as const)
    expect(await paged(reader, order, Math.ceil(sealed.length / 3) || 1)).toEqual(
      memory.select(parseQuery({ order, limit: sealed.length })),
    );
  for (const sequence of [-1, 0.5, 0, Math.floor(sealed.length / 2), sealed.length])
    expect(await reader.get(sequence)).toEqual(memory.get(sequence));
  expect(await all(reader.lines())).toEqual(sealed.map(({ line }) => line));
}

async function paged(
  reader: AskedReader,
  order: "newest" | "oldest",
  limit: number,
): Promise<unknown[]> {
  const entries: unknown[] = [];
  let query: AuditQuery = { order, limit };
  for (;;) {
    const { entries: some, next } = await reader.page(query);
    entries.push(...some);
    if (next === undefined) return entries;
    query = { order, limit, [order === "oldest" ? "after" : "before"]: next };
  }
}
