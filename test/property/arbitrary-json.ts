import fc from "fast-check";
import type { JsonValue } from "../../src/index.js";

/** Text of any code points that UTF-8 can hold: controls, line separators, astral planes. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "\n",
      "\r\n",
      "\0",
      "\u2028\u2029",
      "\ufeff",
      "\u007f\u0085",
      '"\\/',
      "😀",
      "e\u0301",
    ),
  },
);

/** Keys, among them those that look like prototypes, and integers that JavaScript would put first. */
const key: fc.Arbitrary<string> = fc.oneof(
  text,
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "toJSON",
    "hasOwnProperty",
    "vote_id",
    "title",
  ),
  fc.nat({ max: 20 }).map(String),
  // sorted by UTF-16 code units the first two stand the other way round than by code points
  fc.constantFrom("\u{1f600}", "\ufb33", "é", "e\u0301", "Z", "a"),
);

/** Finite numbers of all magnitudes. */
export const finite: fc.Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }).map((exponent) => Number(`1e${exponent}`)),
  fc.constantFrom(
    0,
    -0,
    1e21,
    1e-7,
    123e-20,
    5e-324,
    Number.MAX_VALUE,
    2 ** 53,
    2 ** 53 + 2,
    0.1 + 0.2,
  ),
);

/** An object with these members; an own `__proto__` stays a member. */
function objectOf<T>(members: readonly (readonly [string, T])[]): Record<string, T> {
  const object: Record<string, T> = {};
  for (const [name, value] of members)
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return object;
}

const { json } = fc.letrec<{ json: JsonValue; object: Record<string, JsonValue> }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, finite, fc.boolean(), fc.constant(null)),
    fc.array(tie("json"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.array(fc.tuple(key, tie("json")), { maxLength: 5 }).map(objectOf),
}));

/** A JSON object such as details can be. */
export const jsonObject: fc.Arbitrary<Record<string, JsonValue>> = fc
  .array(fc.tuple(key, json), { maxLength: 6 })
  .map(objectOf);

/** A time that an entry can have, dense around whole seconds. */
export const millis: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 9_223_372_036_854 }),
  fc
    .integer({ min: 0, max: 9_000_000_000 })
    .map((seconds) => seconds * 1000 + (seconds % 3) - (seconds > 0 ? 1 : 0)),
  fc.constantFrom(0, 1, 999, 1000, 9_223_372_036_854),
);
