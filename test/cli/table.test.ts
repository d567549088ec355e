import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CommandIo } from "../../src/cli/input/command.js";
import { ShortIds } from "../../src/cli/output/entry-table.js";
import { Table } from "../../src/cli/output/table.js";
import { displayWidth, inColumns } from "../../src/cli/output/terminal.js";

type Row = readonly [name: string, id: string, text: string];

function ioOf(columns: number | undefined, env: Readonly<Record<string, string>> = {}): CommandIo {
  const stream = { isTerminal: columns !== undefined, columns, write: async () => {} };
  return {
    stdout: stream,
    stderr: stream,
    program: "quorumlog",
    cwd: "/",
    env,
    now: () => new Date(),
    signal: new AbortController().signal,
  };
}

const tableOf = (io: CommandIo): Table<Row> =>
  new Table(io, {
    columns: () => [
      { title: "name", cell: ([name]) => name },
      { title: "id", cell: ([, id]) => id, briefCell: ([, id]) => id.slice(-3) },
      { title: "text", cell: ([, , text]) => text },
    ],
    colour: ([name]) => (name === "eve" ? "red" : undefined),
  });

describe("the width of a text", () => {
  test.each([
    ["abc", 3],
    ["日本", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👩‍💻", 2],
    ["❤️", 2],
    ["🇩🇪", 2],
    ["한글", 4],
  ])("of %s is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test("is kept when it is put in columns, whatever is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "日", "👩‍💻", "e\u0301", " ")).map((parts) => parts.join("")),
        fc.integer({ min: 1, max: 12 }),
        (text, width) => {
          expect(displayWidth(inColumns(text, width))).toBe(width);
        },
      ),
    );
  });

  test("cuts between characters, never inside one", () => {
    expect(inColumns("日本語", 4)).toBe("日… ");
    expect(inColumns("👩‍💻👩‍💻", 3)).toBe("👩‍💻…");
    expect(inColumns("7", 3, true)).toBe("  7");
  });
});

describe("a table", () => {
  const rows: Row[] = [
    ["alice", "urn:1:aaa", "short"],
    ["eve", "urn:2:bbb", "a text that is much longer than the others are"],
  ];

  test("shows every value whole where nothing limits it", () => {
    expect([...tableOf(ioOf(undefined)).lines(rows)].join("")).toBe(
      "name   id         text\n" +
        "alice  urn:1:aaa  short\n" +
        "eve    urn:2:bbb  a text that is much longer than the others are\n",
    );
  });

  test("takes brief cells on a terminal where a row does not fit, then cuts the last column", () => {
    expect([...tableOf(ioOf(40, { NO_COLOR: "1" })).lines(rows)].join("")).toBe(
      "name   id   text\n" + "alice  aaa  short\n" + "eve    bbb  a text that is much longer …\n",
    );
  });

  test("fits any terminal that has room for one character a column", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(cell, cell, cell))),
        fc.integer({ min: 7, max: 120 }),
        (batches, columns) => {
          const table = tableOf(ioOf(columns));
          for (const line of batches.flatMap((batch) => [...table.lines(batch)]))
            expect(displayWidth(stripVTControlCharacters(line).slice(0, -1))).toBeLessThanOrEqual(
              columns,
            );
        },
      ),
    );
  });

  test("goes on under one header, wider where later rows need it", () => {
    const table = tableOf(ioOf(undefined));
    const lines = [
      ...table.lines([]),
      ...table.lines([["a", "b", "c"]]),
      ...table.lines([["alice", "b", "c"]]),
    ];
    expect(lines).toEqual(["name  id  text\n", "a     b   c\n", "alice  b   c\n"]);
  });

  test("is coloured on a terminal alone, and never with NO_COLOR or on a dumb one", () => {
    const eve = (columns: number | undefined, env?: Record<string, string>): string =>
      [...tableOf(ioOf(columns, env)).lines([["eve", "1", "x"]])].join("");
    const plain = "name  id  text\neve   1   x\n";
    expect(eve(80)).toBe("\u001b[1mname  id  text\u001b[22m\n\u001b[31meve   1   x\u001b[39m\n");
    expect(eve(80, { NO_COLOR: "" })).toContain("\u001b[31m");
    expect(eve(undefined)).toBe(plain);
    expect(eve(80, { NO_COLOR: "1" })).toBe(plain);
    expect(eve(80, { TERM: "dumb" })).toBe(plain);
  });
});

describe("short ids", () => {
  test("are the last part, and whole where that stands for another one already", () => {
    const ids = new ShortIds();
    expect(ids.of("did:pqaid:alice")).toBe("alice");
    expect(ids.of("did:evil:alice")).toBe("did:evil:alice");
    expect(ids.of("did:pqaid:alice")).toBe("alice");
    expect(ids.of("did:pqaid:")).toBe("did:pqaid:");
  });
});
