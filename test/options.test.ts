import { describe, expect, test } from "vitest";
import {
  arrayOf,
  boolean,
  callback,
  millis,
  oneOf,
  optional,
  positiveInteger,
  type Readers,
  type ReadOption,
  readOptions,
  string,
  text,
  withDefault,
  withMethods,
} from "../src/options.js";
import { refusal } from "./fixtures/recorded-log.js";

interface Options {
  readonly size: number;
  readonly mode: "fast" | "safe";
  readonly onError: (() => void) | undefined;
}

const READERS: Readers<Options> = {
  size: withDefault(7, positiveInteger),
  mode: withDefault("safe", oneOf("fast", "safe")),
  onError: optional(callback()),
};

describe("options", () => {
  test("get their defaults, and are absent without one", () => {
    for (const given of [{}, { size: undefined, onError: undefined }]) {
      expect(readOptions(given, READERS)).toEqual({ size: 7, mode: "safe" });
      expect(Object.keys(readOptions(given, READERS))).toEqual(["size", "mode"]);
    }
  });

  test("are read once each", () => {
    let reads = 0;
    const options = {
      get size() {
        return ++reads;
      },
    };
    expect(readOptions(options, READERS).size).toBe(1);
    expect(reads).toBe(1);
  });

  test("are an object", () => {
    for (const options of [null, undefined, 5, "size"])
      expect(refusal(() => readOptions(options, READERS))).toMatchObject({
        code: "invalid_options",
        field: "options",
      });
  });

  test("that nobody knows are refused, even by names that every object has", () => {
    for (const name of ["sice", "constructor", "toString"])
      expect(refusal(() => readOptions({ [name]: 1 }, READERS))).toMatchObject({
        code: "invalid_options",
        field: name,
        message: `${name}: no such option`,
      });
  });

  test("within others are named by their path", () => {
    expect(refusal(() => readOptions({ size: 0 }, READERS, "memory")).field).toBe("memory.size");
  });
});

describe("an option", () => {
  const runner = withMethods<{ readonly run: () => void }>("a runner", "run");

  test.each<[string, ReadOption<unknown>, readonly unknown[], readonly unknown[]]>([
    ["boolean", boolean, [true, false], [0, "true", null, undefined]],
    ["string", string, ["", "a"], [1, null, undefined, new String("a")]],
    ["text", text, ["a"], ["", 1, null, undefined]],
    ["positive integer", positiveInteger, [1, 2 ** 53 - 1], [0, -1, 1.5, 2 ** 53, "1", null]],
    ["time", millis(1), [1, 1.5, 2 ** 31 - 1], [0, 0.5, 2 ** 31, Number.NaN, "1", null]],
    ["word", oneOf("a", "b"), ["a", "b"], ["c", "", null, undefined]],
    ["function", callback(), [() => {}], [{}, null, undefined]],
    ["object with methods", runner, [{ run: () => {} }], [{}, { run: 1 }, null, undefined]],
    ["array", arrayOf(boolean), [[], [true]], [{}, new Set([true]), null, undefined]],
  ])("that is a %s takes nothing else", (_, read, good, wrong) => {
    for (const value of good) expect(read(value, "it")).toEqual(value);
    for (const value of wrong)
      expect(refusal(() => read(value, "it"))).toMatchObject({
        code: "invalid_options",
        field: "it",
        message: expect.stringMatching(/^it: expected /),
      });
  });

  test("that is an array is copied, and names the item that is wrong, a hole too", () => {
    const items = [true];
    expect(arrayOf(boolean)(items, "it")).not.toBe(items);
    expect(refusal(() => arrayOf(boolean)([true, 1], "it")).field).toBe("it[1]");
    const hole = Array(2).with(0, true);
    delete hole[1];
    expect(refusal(() => arrayOf(boolean)(hole, "it")).field).toBe("it[1]");
  });
});
