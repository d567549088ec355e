import { describe, expect, test, vi } from "vitest";
import { COLUMNS, OPTIONAL_COLUMNS } from "../../src/entry/columns.js";
import { parseObject } from "../../src/entry/json.js";
import { canonicalLine, entryOfLine, readAnyLine, readLine } from "../../src/entry/line.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { MemoryStore } from "../../src/memory/memory-store.js";
import { parseQuery } from "../../src/query/audit-query.js";
import { recordedLog } from "../fixtures/recorded-log.js";

/** An event that fills every column, each with a value of its own. */
const EVENT = {
  operation: "anything",
  ...Object.fromEntries(OPTIONAL_COLUMNS.map(({ name, key }) => [name, `the ${key}`])),
};
const sealed = () => new GovernanceAuditLog().log(EVENT);
const valueIn = (name: string) => (EVENT as Record<string, string>)[name];

describe.each(COLUMNS)("the hot paths spell out the column $name", ({ name, key, attribute }) => {
  test("an entry keeps it", () => {
    expect(sealed()[name]).toBe(valueIn(name));
  });

  test("the canonical line has it under its key, and gives it back", () => {
    const entry = sealed();
    const members = parseObject(canonicalLine("log", entry)) ?? {};
    expect(members[key]).toBe(valueIn(name));
    expect(entryOfLine(members, entry.leafHash)).toEqual(entry);
  });

  test("a line with it is read without parsing, and a line without it lacks it", () => {
    const entry = { ...sealed(), recordedAt: "2026-04-14T12:00:00.000Z" };
    const line = canonicalLine("log", entry);
    const parse = vi.spyOn(JSON, "parse");
    const read = readLine(line);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    expect(read).toMatchObject({ canonical: true, log: "log", recordedAt: entry.recordedAt });
    const at = COLUMNS.findIndex((column) => column.key === key);
    expect(read?.columns[at]).toBe(valueIn(name));
    expect(read?.columns).toHaveLength(COLUMNS.length);
    expect(read).toEqual(readAnyLine(line));
    if (name === "operation") return;
    const { [name]: _, ...without } = entry;
    expect(readLine(canonicalLine("log", without))?.columns[at]).toBeUndefined();
  });

  test("a record has it as its attribute", () => {
    const { audit, mirror } = recordedLog();
    audit.log(EVENT);
    expect(mirror.records[0]?.attributes[attribute]).toBe(valueIn(name));
  });

  test("memory finds an entry by it, and forgets it with the entry", () => {
    const store = new MemoryStore({ maxEntries: 1, maxBytes: Number.POSITIVE_INFINITY });
    const query = parseQuery({ [name]: valueIn(name) });
    store.append(sealed(), 0, 0);
    expect(store.count(query)).toBe(1);
    expect(store.count(parseQuery({ [name]: "another" }))).toBe(0);
    store.append({ ...sealed(), sequence: 1, [name]: "another" }, 0, 0);
    expect(store.count(query)).toBe(0);
  });
});

test("the table names each key, attribute and flag once", () => {
  for (const field of ["name", "key", "attribute", "flag"] as const)
    expect(new Set(COLUMNS.map((column) => column[field])).size).toBe(COLUMNS.length);
});
