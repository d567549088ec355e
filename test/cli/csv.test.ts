import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvRecord } from "../../src/text/csv.js";

describe("a record of CSV", () => {
  test("ends with CRLF, and quotes what RFC 4180 asks for", () => {
    expect(csvRecord(["a", "b c", 'say "hi"', "x,y", "two\nlines"])).toBe(
      'a,b c,"say ""hi""","x,y","two\nlines"\r\n',
    );
  });

  test("tells an empty string from a value that is not there", () => {
    expect(csvRecord(["", undefined])).toBe('"",\r\n');
  });

  test.each([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    "＋1",
    "－1",
    "＠A",
    "x;=1+1",
    "x\t=1",
    "x|@A",
    "x; -1",
    "x\n=1",
    "x,+1",
  ])("guards the formula %j", (formula) => {
    expect(csvRecord([formula])).toBe(`"'${formula}"\r\n`);
  });

  test.each(["a;b", "a|b", "a\tb", "a,b"])("quotes %j, which may separate fields", (value) => {
    expect(csvRecord([value])).toBe(`"${value}"\r\n`);
  });

  test("guards a formula behind a quotation mark", () => {
    expect(csvRecord(['{"a":"=1"}'])).toBe(`"'{""a"":""=1""}"\r\n`);
  });

  test("guards an apostrophe, so that taking one off is always right", () => {
    expect(csvRecord(["'=1"])).toBe(`"''=1"\r\n`);
  });

  test("no field begins as a formula does, and each value comes back", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .tuple(
          fc.constantFrom("", "x", "x y"),
          fc.constantFrom("", ";", "|", "\t", ",", '"', "\n"),
          fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", "'", " ", '"', "＝"),
          fc.string(),
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const [fields = []] = parse(csvRecord(values), {
          record_delimiter: "\r\n",
          relax_column_count: true,
        }) as string[][];
        for (const field of fields) {
          expect(field).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
          if (/[;|\t,"\n]\s*[=+\-@＝＋－＠]/.test(field)) expect(field).toMatch(/^'/);
        }
        expect(fields.map((field) => field.replace(/^'/, ""))).toEqual(values);
      }),
    );
  });
});
