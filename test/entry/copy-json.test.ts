import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/index.js";
import { recordedLog, refusedWithoutTrace } from "../fixtures/recorded-log.js";

class Policy {
  name = "rate-limit";
}

const withThrowingGetter = (): object =>
  Object.defineProperty({}, "secret", {
    enumerable: true,
    get: () => {
      throw new Error("vault is closed");
    },
  });

const sparse = (): unknown[] => {
  const list: unknown[] = ["first"];
  list[2] = "third";
  return list;
};

const selfContaining = (): object => {
  const object: Record<string, unknown> = {};
  object["self"] = object;
  return object;
};

const selfContainingThroughArray = (): object => {
  const object: Record<string, unknown> = {};
  object["list"] = [1, [object]];
  return object;
};

const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

/** What is not JSON, and where in itself an error must point. */
const NOT_JSON: readonly [what: string, make: () => unknown, within?: string][] = [
  ["undefined in an array", () => undefined],
  ["NaN", () => Number.NaN],
  ["Infinity", () => Number.POSITIVE_INFINITY],
  ["-Infinity", () => Number.NEGATIVE_INFINITY],
  ["a BigInt", () => 10n],
  ["a symbol", () => Symbol("limit")],
  ["a function", () => () => 1],
  ["a class", () => Policy],
  ["a lone high surrogate", () => "limit \ud83d"],
  ["a lone low surrogate", () => "\ude00 limit"],
  ["surrogates in the wrong order", () => "\ude00\ud83d"],
  ["a Date", () => new Date()],
  ["an invalid Date", () => new Date(Number.NaN)],
  ["a RegExp", () => /limit/],
  ["a Map", () => new Map([["limit", 1]])],
  ["a Set", () => new Set([1])],
  ["a WeakMap", () => new WeakMap()],
  ["a Promise", () => Promise.resolve(1)],
  ["an Error", () => new Error("limit")],
  ["a Buffer", () => Buffer.from("limit")],
  ["a Float64Array", () => new Float64Array(1)],
  ["an ArrayBuffer", () => new ArrayBuffer(1)],
  ["a URL", () => new URL("https://example.org")],
  ["a boxed String", () => new String("limit")],
  ["a boxed Number", () => new Number(1)],
  ["a boxed Boolean", () => new Boolean(false)],
  ["a boxed BigInt", () => Object(1n)],
  ["an instance of a class", () => new Policy()],
  ["an instance of an unnamed class", () => new (class {})()],
  ["an object that inherits from another", () => Object.create({ limit: 1 })],
  [
    "an object that inherits from one without a prototype",
    () => Object.create(Object.create(null)),
  ],
  ["an iterator", () => [1].values()],
  ["a function under toJSON", () => ({ toJSON: () => 1 }), ".toJSON"],
  ["a symbol key", () => ({ [Symbol("limit")]: 1 })],
  ["a symbol key on an array", () => Object.assign([1], { [Symbol("limit")]: 1 })],
  ["a lone surrogate in a key", () => ({ "limit\ud800": 1 })],
  ["a getter that throws", withThrowingGetter, ".secret"],
  ["a hole in an array", sparse, "[1]"],
  ["an array that is nothing but holes", () => new Array(3), "[0]"],
  ["an array with a named property", () => Object.assign([1, 2], { unit: "tokens" })],
  ["a cycle", selfContaining, ".self"],
  ["a cycle through arrays", selfContainingThroughArray, ".list[1][0]"],
  ["a Proxy of an object", () => new Proxy({}, {})],
  ["a Proxy of an array", () => new Proxy([], {})],
  ["a Proxy of a function", () => new Proxy(() => 1, {})],
  ["a Proxy that was revoked", () => revoked({})],
  ["a Proxy of an array that was revoked", () => revoked([])],
  [
    "a Proxy whose traps all throw",
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("trap");
          },
          getPrototypeOf: () => {
            throw new Error("trap");
          },
        },
      ),
  ],
];

describe("details that are not JSON", () => {
  test.each(NOT_JSON)("are refused by their path: %s in an array", (_, make, within = "") => {
    const details = { name: "rate-limit", limits: [1, 2, make()] as unknown as JsonValue };
    const error = refusedWithoutTrace((audit) =>
      audit.log({ operation: "policy_updated", details }),
    );
    expect(error.field).toBe(`details.limits[2]${within}`);
    expect(error.message).toContain(`details.limits[2]${within}: `);
  });

  test.each(NOT_JSON.slice(1))(
    "are refused by their path: %s in an object",
    (_, make, within = "") => {
      const details = { limits: { "max tokens": make() } as JsonValue };
      const error = refusedWithoutTrace((audit) =>
        audit.log({ operation: "policy_updated", details }),
      );
      expect(error.field).toBe(`details.limits["max tokens"]${within}`);
    },
  );

  test("are named in the message", () => {
    const messageOf = (value: unknown): string =>
      refusedWithoutTrace((audit) =>
        audit.log({ operation: "policy_updated", details: { limits: [0, 1, value as JsonValue] } }),
      ).message;
    expect(messageOf(1n)).toBe("details.limits[2]: a BigInt is not JSON");
    expect(messageOf(new Policy())).toBe(
      "details.limits[2]: an instance of Policy is not a plain object",
    );
    expect(messageOf(Number.NaN)).toBe("details.limits[2]: NaN is not JSON");
  });

  test("carry the error of a getter as the cause", () => {
    const error = refusedWithoutTrace((audit) =>
      audit.log({ operation: "policy_updated", details: withThrowingGetter() as never }),
    );
    expect(error.field).toBe("details.secret");
    expect(error.cause).toEqual(new Error("vault is closed"));
  });

  test("are refused by their path when they inherit from a Proxy that throws", () => {
    const trap = (): never => {
      throw new Error("trap");
    };
    for (const handler of [{ getPrototypeOf: trap }, { getOwnPropertyDescriptor: trap }]) {
      const value = Object.create(new Proxy({}, handler));
      const error = refusedWithoutTrace((audit) =>
        audit.log({ operation: "policy_updated", details: { limits: [value] } }),
      );
      expect(error.field).toBe("details.limits[0]");
    }
  });

  test.each<[string, unknown]>([
    ["a string", "limit"],
    ["a number", 1],
    ["a boolean", false],
    ["a BigInt", 1n],
    ["a symbol", Symbol("limit")],
    ["a function", () => 1],
    ["an array", [1]],
    ["a Date", new Date()],
    ["a Map", new Map()],
    ["an instance of a class", new Policy()],
    ["a Proxy", new Proxy({}, {})],
    ["a Proxy that was revoked", revoked({})],
    ["an array behind a Proxy that was revoked", revoked([])],
    ["an object with a symbol key", { [Symbol("limit")]: 1 }],
  ])("are refused as a whole: %s", (_, details) => {
    const error = refusedWithoutTrace((audit) =>
      audit.log({ operation: "policy_updated", details } as never),
    );
    expect(error.field).toBe("details");
  });
});

describe("details that are JSON", () => {
  const detailsOf = (details: unknown): unknown => {
    const { audit } = recordedLog();
    const entry = audit.log({ operation: "policy_updated", details } as never);
    expect(JSON.parse(audit.exportNdjson()).details).toEqual(entry.details);
    return entry.details;
  };

  test("are kept as they are: null, booleans, numbers, strings, arrays and objects", () => {
    const details = {
      none: null,
      yes: true,
      numbers: [0, -1, 2.5, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER],
      strings: ["", "\0\u001f\u007f\u0085\u2028\u2029\ufeff", "😀 ﷽ e\u0301", "</script>\r\n"],
      nested: [[], {}, [[{ a: [] }]]],
    };
    expect(detailsOf(details)).toStrictEqual(details);
  });

  test("lose their undefined members, as in JSON", () => {
    expect(detailsOf({ reason: undefined, nested: { reason: undefined, kept: 1 } })).toStrictEqual({
      nested: { kept: 1 },
    });
  });

  test("have 0 for -0, which is what comes back from the line", () => {
    expect(detailsOf({ zero: -0, list: [-0] })).toStrictEqual({ zero: 0, list: [0] });
  });

  test("may name one object twice, as long as it does not contain itself", () => {
    const shared = { limit: 1 };
    expect(detailsOf({ before: shared, after: [shared, shared] })).toStrictEqual({
      before: { limit: 1 },
      after: [{ limit: 1 }, { limit: 1 }],
    });
  });

  test("may have no prototype, or come from another realm", () => {
    expect(detailsOf(Object.assign(Object.create(null), { limit: 1 }))).toStrictEqual({ limit: 1 });
    expect(detailsOf(runInNewContext("({ limits: [1, { unit: 'tokens' }] })"))).toStrictEqual({
      limits: [1, { unit: "tokens" }],
    });
  });

  test("keep own keys of JSON.parse that look like prototypes as data, and pollute nothing", () => {
    const json =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},' +
      '"hasOwnProperty":1,"toString":null,"nested":{"__proto__":[{"__proto__":"deep"}]}}';
    const { audit } = recordedLog();
    const { details } = audit.log({ operation: "policy_updated", details: JSON.parse(json) });
    expect(Object.keys(details).sort()).toEqual(
      ["__proto__", "constructor", "hasOwnProperty", "nested", "toString"].sort(),
    );
    expect(JSON.stringify(details)).toBe(json);
    expect(Object.getPrototypeOf(details)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(JSON.stringify(JSON.parse(audit.exportJson())[0].details)).toBe(json);
    const [line = ""] = audit.lines();
    expect(Object.hasOwn(JSON.parse(line).details, "__proto__")).toBe(true);
  });

  test("are read once, so that a getter cannot answer differently the second time", () => {
    let reads = 0;
    const details = Object.defineProperty({}, "limit", { enumerable: true, get: () => ++reads });
    expect(detailsOf(details)).toStrictEqual({ limit: 1 });
    expect(reads).toBe(1);
  });

  test("are frozen to their depths, and apart from the object that was handed in", () => {
    const { audit } = recordedLog();
    const given = { limits: [{ unit: "tokens" }] };
    const { details } = audit.log({ operation: "policy_updated", details: given });
    const before = audit.exportNdjson();
    const kept = details as typeof given;
    expect(Object.isFrozen(kept)).toBe(true);
    expect(Object.isFrozen(kept.limits)).toBe(true);
    expect(Object.isFrozen(kept.limits[0])).toBe(true);
    expect(Object.isFrozen(given.limits)).toBe(false);
    given.limits.push({ unit: "calls" });
    (given.limits[0] as { unit: string }).unit = "calls";
    expect(kept).toStrictEqual({ limits: [{ unit: "tokens" }] });
    expect(audit.exportNdjson()).toBe(before);
  });

  test("are an empty object when there are none", () => {
    expect(detailsOf(undefined)).toStrictEqual({});
    expect(detailsOf(null)).toStrictEqual({});
    expect(detailsOf({})).toStrictEqual({});
  });

  test("never make a second line, whatever they hold", () => {
    const { audit } = recordedLog();
    for (const text of ["a\nb", "a\r\nb", '"}\n{"v":1', "\u2028", "\u0000", "\\n"])
      audit.log({ operation: "policy_updated", actorDid: text, details: { [text]: text } });
    expect(audit.exportNdjson().split("\n")).toHaveLength(7);
    for (const line of audit.lines()) expect(JSON.parse(line).operation).toBe("policy_updated");
  });
});
