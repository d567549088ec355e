import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  counted,
  cut,
  excerpt,
  quoted,
  visible,
  visibleLines,
  word,
} from "../../src/text/safe-text.js";

/** Any text, with far more of what matters here than chance would give. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\u001b[2J",
        "\u009b",
        "\u202e",
        "\u200d",
        "\ufe0f",
        "👩‍💻",
        "\ud800",
        "\u2028",
        "\\u001b",
      ),
    ),
  )
  .map((parts) => parts.join(""));

describe("text for a terminal", () => {
  test.each([
    ["plain ASCII", "did:pqaid:alice", "did:pqaid:alice"],
    ["letters of any script", "é 日本語 עברית नमस्ते", "é 日本語 עברית नमस्ते"],
    ["escape sequences", "\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007"],
    ["line ends, tabs and NUL", "a\nb\rc\td\0", "a\\u000ab\\u000dc\\u0009d\\u0000"],
    ["DEL and C1", "\u007f\u009b1m", "\\u007f\\u009b1m"],
    ["line separators", "\u2028\u2029", "\\u2028\\u2029"],
    [
      "bidi controls",
      "\u202a\u202e\u2066\u2069\u200e\u200f\u061c",
      "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c",
    ],
    ["zero-width characters", "ali\u200bce\u2060\ufeff", "ali\\u200bce\\u2060\\ufeff"],
    ["joiners and selectors outside emoji", "al\u200dice\ufe0f", "al\\u200dice\\ufe0f"],
    ["fillers without a shape", "\u3164\u115f", "\\u3164\\u115f"],
    ["tags, by their two units", "\u{e0041}", "\\udb40\\udc41"],
    ["lone surrogates", "\ud800", "\\ud800"],
    ["emoji, which it leaves whole", "👩🏽‍💻 ❤️ 🇩🇪", "👩🏽‍💻 ❤️ 🇩🇪"],
  ])("shows %s", (_, raw, shown) => {
    expect(visible(raw)).toBe(shown);
  });

  test("never holds a control, a line end, a bidi control or a lone surrogate", () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(visible(raw)).not.toMatch(
          /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f]/u,
        );
      }),
    );
  });

  test("is the same JSON when it was JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });
});

describe("each form of text for a message", () => {
  test.each<[string, (text: string) => string]>([
    ["word", word],
    ["quoted", quoted],
    ["excerpt", excerpt],
    ["visible", visible],
  ])("is safe: %s", (_, form) => {
    const deceptive = [
      "\u001b[2J",
      "\u009b",
      "\u202e",
      "\u200b",
      "\u2028",
      "\ufeff",
      "\ue000",
      "\ud800",
    ];
    for (const part of deceptive) expect(form(`a${part}b`)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    fc.assert(
      fc.property(text, (raw) => {
        expect(form(raw)).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      }),
    );
  });

  test("keeps the line ends of several lines, and nothing else", () => {
    expect(visibleLines("a\nb\u001b\r\n")).toBe("a\nb\\u001b\\u000d\n");
  });

  test("that is a word is quoted where it would be several words, none, or unsafe", () => {
    expect(["did:a", "größe", "", "a b", 'a"b', "a\\b", "a\u202eb"].map(word)).toEqual([
      "did:a",
      "größe",
      '""',
      '"a b"',
      '"a\\"b"',
      '"a\\\\b"',
      '"a\\u202eb"',
    ]);
  });

  test("that is quoted is cut, and ASCII, so that no letter passes for another", () => {
    expect(quoted("\u0430cme\n")).toBe('"\\u0430cme\\n"');
    expect(quoted("x".repeat(65))).toBe(`"${"x".repeat(64)}..."`);
  });

  test("that is an excerpt is one line, and cut", () => {
    expect(excerpt("  a\r\n\u202e\tb  ")).toBe("a b");
    expect(excerpt("x".repeat(201))).toBe(`${"x".repeat(200)}…`);
  });

  test("is not cut within a character", () => {
    expect(cut("ab😀", 3)).toBe("ab…");
    expect(cut("ab😀", 4)).toBe("ab😀");
  });
});

test("a number of things has its noun in singular or plural", () => {
  expect([0, 1, 2].map((count) => counted(count, "problem"))).toEqual([
    "0 problems",
    "1 problem",
    "2 problems",
  ]);
  expect(counted(2, "entry is", "entries are")).toBe("2 entries are");
});
