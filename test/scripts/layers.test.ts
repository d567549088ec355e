import { describe, expect, test } from "vitest";
import { layerViolations } from "../../scripts/layers.ts";

const violations = (files: Readonly<Record<string, string>>): string[] =>
  layerViolations(new Map(Object.entries(files)));

describe("the layer check", () => {
  test("passes files that keep to their rooms", () => {
    expect(
      violations({
        "src/errors.ts": 'export const a = 1;\n/**\n * import x from "winston";\n */\n',
        "src/entry/line.ts":
          'import { createHash } from "node:crypto";\nimport { a } from "../errors.js";\n',
        "src/otlp/mirror.ts": 'import type { LogRecordExporter } from "@opentelemetry/sdk-logs";\n',
        "src/winston/mirror.ts": 'import type { Logger } from "winston";\n',
        "src/index.ts":
          'export { a } from "./errors.js";\nexport {\n  type B,\n  c,\n} from "./entry/line.js";\n',
      }),
    ).toEqual([]);
  });

  test("names file, line and both rooms of a forbidden import", () => {
    expect(
      violations({
        "src/errors.ts": "",
        "src/log/log.ts": "export const b = 1;\n",
        "src/entry/line.ts": 'import "../errors.js";\n\nimport {\n  b,\n} from "../log/log.js";\n',
      }),
    ).toEqual(["src/entry/line.ts:3: entry may not import log at run time"]);
  });

  test.each([
    ["a type import", 'import type { A } from "../winston/a.js";', "winston"],
    ["a re-export", 'export { a } from "../winston/a.js";', "winston at run time"],
    ["an export of everything", 'export * from "../winston/a.js";', "winston at run time"],
    ["a dynamic import", 'const a = await import("../winston/a.js");', "winston at run time"],
    ["a side effect import", 'import "../winston/a.js";', "winston at run time"],
  ])("sees %s", (_, statement, what) => {
    expect(violations({ "src/winston/a.ts": "", "src/otlp/b.ts": `${statement}\n` })).toEqual([
      `src/otlp/b.ts:1: otlp may not import ${what}`,
    ]);
  });

  test("lets the journal import delivery for its types alone", () => {
    const journal = (statement: string) =>
      violations({ "src/delivery/spool.ts": "", "src/journal/spool.ts": statement });
    expect(journal('import type { Spool } from "../delivery/spool.js";')).toEqual([]);
    expect(journal('import { type Spool } from "../delivery/spool.js";')).toEqual([
      "src/journal/spool.ts:1: journal may not import delivery at run time",
    ]);
  });

  test.each([
    ["src/entry/a.ts", "@opentelemetry/api"],
    ["src/query/a.ts", "node:fs"],
    ["src/log/a.ts", "@opentelemetry/exporter-logs-otlp-http"],
    ["src/winston/a.ts", "winston"],
    ["src/testing/a.ts", "vitest"],
    ["src/otlp/a.ts", "axios"],
  ])("keeps %s from loading the package %s", (file, name) => {
    expect(violations({ [file]: `import { a } from "${name}";\n` })).toHaveLength(1);
  });

  test("finds a circle once, and says which files it goes through", () => {
    expect(
      violations({
        "src/entry/a.ts": 'import type { B } from "./b.js";\n',
        "src/entry/b.ts": 'import { c } from "./c.js";\n',
        "src/entry/c.ts": 'import { a } from "./a.js";\n',
        "src/entry/d.ts": 'import { a } from "./a.js";\n',
      }),
    ).toEqual([
      "src/entry/a.ts:1: circle src/entry/a.ts > src/entry/b.ts > src/entry/c.ts > src/entry/a.ts",
    ]);
  });

  test("refuses long files, default exports, unknown rooms and logic in index.ts", () => {
    expect(
      violations({
        "src/errors.ts": "\n".repeat(400).concat("export {};\n"),
        "src/entry/a.ts": "const a = 1;\nexport default a;\n",
        "src/utils/a.ts": "",
        "src/index.ts": 'export const a = 1;\nexport * from "./errors.js";\n',
      }),
    ).toEqual([
      "src/errors.ts:401: the file is longer than 400 lines",
      "src/entry/a.ts:2: no default exports",
      "src/utils/a.ts:1: the room utils is not in the table of scripts/layers.ts",
      "src/index.ts:1: index.ts only re-exports names",
      "src/index.ts:2: index.ts only re-exports names",
    ]);
  });
});

test("a line of more than 100 columns is refused, unless it cannot be broken", () => {
  const words = "one two three ".repeat(8);
  expect(
    violations({
      "src/errors.ts": [
        `/** ${words} */`,
        `// ${words}`,
        `// see https://example.com ${words}`,
        `const pattern = /${"[a-z]+".repeat(20)}/;`,
        `const text = \`${words}\`;`,
        `    "${words.slice(0, 99)}",`,
      ].join("\n"),
    }),
  ).toEqual([
    "src/errors.ts:1: the line is wider than 100 columns",
    "src/errors.ts:2: the line is wider than 100 columns",
    "src/errors.ts:5: the line is wider than 100 columns",
  ]);
});

describe("inner rooms", () => {
  const ROOMS = {
    errors: ["", ""],
    entry: ["errors", ""],
    journal: ["entry errors", "node:*"],
    "journal/file": "",
    "journal/tree": "file",
    "journal/entries": "file type:tree",
    "journal/outbox": "journal file",
  } as const;
  const inner = (files: Readonly<Record<string, string>>): string[] =>
    layerViolations(new Map(Object.entries(files)), ROOMS);

  test("import each other as the table says, and the outside as the whole room may", () => {
    expect(
      inner({
        "src/journal/journal.ts":
          'import { a } from "./entries/a.js";\nimport { t } from "./tree/t.js";\n',
        "src/journal/entries/a.ts":
          'import { f } from "../file/f.js";\nimport type { T } from "../tree/t.js";\nimport { b } from "./deeper/b.js";\n',
        "src/journal/entries/deeper/b.ts": 'import { f } from "../../file/f.js";\n',
        "src/journal/file/f.ts":
          'import { open } from "node:fs";\nimport { line } from "../../entry/line.js";\n',
        "src/journal/tree/t.ts": 'import { f } from "../file/f.js";\n',
        "src/entry/line.ts": "",
      }),
    ).toEqual([]);
  });

  test.each([
    ["another inner room", "tree/t.ts", 'import "../entries/a.js";', "journal/entries at run time"],
    [
      "a room for its types alone",
      "entries/a.ts",
      'import "../tree/t.js";',
      "journal/tree at run time",
    ],
    ["the face of the room", "file/f.ts", 'import type { J } from "../journal.js";', "journal"],
  ])("may not import %s without a row that says so", (_, file, statement, what) => {
    const name = `journal/${file.slice(0, file.indexOf("/"))}`;
    expect(inner({ [`src/journal/${file}`]: statement })).toEqual([
      `src/journal/${file}:1: ${name} may not import ${what}`,
    ]);
  });

  test("may import no more of the outside than the whole room", () => {
    expect(inner({ "src/journal/file/f.ts": 'import { l } from "../../log/log.js";\n' })).toEqual([
      "src/journal/file/f.ts:1: journal may not import log at run time",
    ]);
  });

  test("import the face only if the face does not import them", () => {
    const face = 'import type { M } from "./outbox/mirror.js";\n';
    const mirror = 'import type { J } from "../journal.js";\n';
    expect(inner({ "src/journal/outbox/mirror.ts": mirror, "src/journal/journal.ts": "" })).toEqual(
      [],
    );
    expect(
      inner({
        "src/journal/a.ts": face,
        "src/journal/journal.ts": "",
        "src/journal/outbox/mirror.ts": mirror,
      }),
    ).toEqual(["src/journal/a.ts:1: circle of inner rooms journal > journal/outbox > journal"]);
  });

  test("stand in the table, all of them, if one does", () => {
    expect(inner({ "src/journal/other/a.ts": "", "src/entry/any/a.ts": "" })).toEqual([
      "src/journal/other/a.ts:1: the inner room journal/other is not in the table of scripts/layers.ts",
    ]);
  });
});
