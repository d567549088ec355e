import { expect, test } from "vitest";
import { sourceReport } from "../../scripts/source-report.ts";

test("the report of sizes shows each room, its floors and its longest file, and all of src", () => {
  const files = new Map([
    ["src/entry/a.ts", 'import { b } from "./b.js";\n\nexport const a = b;\n'],
    [
      "src/entry/b.ts",
      `// why\nimport { c } from "./c.js";\n${"export const b = c;\n".repeat(24)}`,
    ],
    ["src/entry/c.ts", `export const c = "${"one ".repeat(25)}";\n`],
    ["src/errors.ts", "/** Why. */\nexport const e = 1;\n"],
  ]);
  expect(sourceReport(files)).toEqual([
    "room    files  lines  median  longest             short  floors  comments",
    "entry       3     30       3       26  b.ts           2       3       3 %",
    "errors      1      2       2        2  errors.ts      1       1      50 %",
    "src         4     32       3       26  b.ts           3       3       6 %",
  ]);
});
