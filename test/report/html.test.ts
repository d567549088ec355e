import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anchor, Html, html, table } from "../../src/report/html.js";
import { textOf } from "../fixtures/report-page.js";

const HOSTILE = [
  "</script><script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "javascript:alert(1)",
  "a\u2028b\u2029c",
  "\u202egnp.exe",
  "'onmouseover='alert(1)",
  "<!--",
  "&lt;b&gt;",
];

describe("a template", () => {
  test.each(HOSTILE)("shows %j as text", (value) => {
    const { text } = html`<p title="${value}">${value}</p>`;
    expect(text.match(/<[^>]*>/g)).toHaveLength(2);
    expect(text).not.toMatch(/[\u2028\u2029\u202e]/);
  });

  test("shows any text so that it can be read back, but for what nobody can see", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."<>&\"'=a/-! ") }), (value) => {
        const spaces = /\s+/g;
        expect(textOf(html`${value}`.text)).toBe(value.replaceAll(spaces, " "));
      }),
    );
  });

  test("keeps a value within its attribute, wherever it stands there", () => {
    const { text } = html`<a href="#${'"x'}" class="a ${'"y'} ${'"z'}">${'"'}</a>`;
    expect(text).toBe('<a href="#&quot;x" class="a &quot;y &quot;z">"</a>');
  });

  test("takes markup of another template as it is, and lists of it", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${undefined}${false}</ul>`.text).toBe(
      "<ul><li>a</li><li>&lt;b&gt;</li></ul>",
    );
  });

  test("is the only way to markup", () => {
    expect(() => new Html("<b>", Symbol("forged") as never)).toThrow(TypeError);
  });
});

describe("an anchor", () => {
  test("is the id where it can be, and else tells ids apart by their hash", () => {
    expect(anchor("proposal", "urn:pqc-gov-prop:7f3a9c21")).toBe(
      "proposal-urn:pqc-gov-prop:7f3a9c21",
    );
    const [a, b] = [anchor("subject", "a b"), anchor("subject", "a\tb")];
    expect(a).toMatch(/^subject-a_b-[0-9a-f]{16}$/);
    expect(b).not.toBe(a);
    expect(anchor("subject", '"><x>'.repeat(1000))).toMatch(/^[\w-]{1,95}$/);
  });
});

describe("a table", () => {
  test("names its columns, and says so where it has no rows", () => {
    const columns = [
      { title: "N", kind: "number", cell: (n: number) => n, value: (n: number) => n },
    ] as const;
    const full = table({ name: "t", caption: "C", columns, rows: [1, 2] }).text;
    expect(full).toContain('class="number-1"');
    expect(full).toContain('<td data-value="2">2');
    expect(table({ name: "t", caption: "C", columns, rows: [], none: "Nothing." }).text).toBe(
      '<p class="none">Nothing.</p>',
    );
  });
});
