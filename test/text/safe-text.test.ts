import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visible } from "../../src/text/safe-text.js";

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
