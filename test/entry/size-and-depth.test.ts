import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/index.js";
import { atNoon, NODE, PROPOSAL } from "../fixtures/domain-objects.js";
import { recordedLog, refusedWithoutTrace } from "../fixtures/recorded-log.js";

const LINE_BYTES = 65_536;

const refusedDetails = (details: unknown) =>
  refusedWithoutTrace((audit) => audit.log({ operation: "policy_updated", details } as never));

/** Containers one in the other, the outermost counted: the value at `levels` is the innermost container. */
function nested(levels: number, wrap: (inner: JsonValue) => JsonValue): JsonValue {
  let value: JsonValue = {};
  for (let level = 1; level < levels; level++) value = wrap(value);
  return value;
}

describe("the depth of details", () => {
  test("may be 16 levels of objects, the details themselves the first", () => {
    const { audit } = recordedLog();
    const details = nested(16, (a) => ({ a })) as { a: JsonValue };
    expect(audit.log({ operation: "policy_updated", details }).details).toStrictEqual(details);
  });

  test("may be 16 levels of arrays within the details, scalars in the innermost", () => {
    const { audit } = recordedLog();
    let list: JsonValue = [null, 1, "deep"];
    for (let level = 3; level <= 16; level++) list = [list];
    expect(audit.log({ operation: "policy_updated", details: { list } }).details).toStrictEqual({
      list,
    });
  });

  test("must not be 17 levels of objects", () => {
    const error = refusedDetails(nested(17, (a) => ({ a })));
    expect(error.field).toBe(`details${".a".repeat(16)}`);
    expect(error.message).toContain("16 levels");
  });

  test("must not be 17 levels through arrays", () => {
    const error = refusedDetails({ list: nested(16, (inner) => [inner]) });
    expect(error.field).toBe(`details.list${"[0]".repeat(15)}`);
  });

  test("must not be 100 000 levels, which no recursion survives", () => {
    const error = refusedDetails(nested(100_000, (a) => ({ a })));
    expect(error.field).toBe(`details${".a".repeat(16)}`);
  });
});

describe("the size of an entry", () => {
  const lineBytes = (note: string): number => {
    const { audit } = recordedLog({ clock: atNoon });
    audit.log({ operation: "policy_updated", details: { note } });
    const [line = ""] = audit.lines();
    return Buffer.byteLength(line);
  };

  test("may be a line of 64 KiB to the byte, and not one more", () => {
    const room = LINE_BYTES - lineBytes("");
    expect(lineBytes("x".repeat(room))).toBe(LINE_BYTES);
    const error = refusedDetails({ note: "x".repeat(room + 1) });
    expect(error.field).toBe("details");
    expect(error.message).toContain("65536 bytes");
  });

  test("counts bytes of UTF-8, not characters", () => {
    const room = Math.floor((LINE_BYTES - lineBytes("")) / 3);
    expect(lineBytes("€".repeat(room))).toBeLessThanOrEqual(LINE_BYTES);
    refusedDetails({ note: "€".repeat(room + 1) });
  });

  test("counts the escapes of the line", () => {
    refusedDetails({ note: "\u0001".repeat(11_000) });
  });

  test("counts keys, columns and titles too", () => {
    refusedDetails({ ["k".repeat(70_000)]: 1 });
    refusedWithoutTrace((audit) =>
      audit.log({ operation: "policy_updated", subjectId: "s".repeat(70_000) }),
    );
    refusedWithoutTrace((audit) =>
      audit.logProposalCreated({ ...PROPOSAL, title: "t".repeat(70_000) }),
    );
    refusedWithoutTrace((audit) => audit.logNodeRemoved({ ...NODE, did: "d".repeat(70_000) }));
  });

  test("is too much with many tiny values", () => {
    refusedDetails({ list: new Array(40_000).fill(0) });
    refusedDetails(
      Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`k${index}`, 0])),
    );
    refusedDetails({ list: Array.from({ length: 40_000 }, () => []) });
  });

  test("is refused before long arrays are read to their end", () => {
    let reads = 0;
    const list = new Array(100_000).fill(0);
    Object.defineProperty(list, 0, { enumerable: true, get: () => ++reads });
    expect(refusedDetails({ list }).field).toBe("details.list");
    expect(reads).toBe(0);
  });

  test("is refused without walking all paths of shared references, of which there can be 10 to the 14th", () => {
    let reads = 0;
    let shared: unknown = Object.defineProperty({}, "leaf", {
      enumerable: true,
      get: () => ++reads,
    });
    for (let level = 2; level < 16; level++) shared = new Array(10).fill(shared);
    refusedDetails({ shared });
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(32_768);
  });

  test("may be filled with the tiniest values to the last byte", () => {
    const { audit } = recordedLog({ clock: atNoon });
    const bytesOf = (count: number): number => {
      audit.clear();
      audit.log({ operation: "policy_updated", details: { list: new Array(count).fill(0) } });
      const [line = ""] = audit.lines();
      return Buffer.byteLength(line);
    };
    const most = Math.floor((LINE_BYTES - bytesOf(0) + 1) / 2); // each takes a digit and, but for one, a comma
    expect(bytesOf(most)).toBeGreaterThan(LINE_BYTES - 2);
    refusedDetails({ list: new Array(most + 1).fill(0) });
  });

  test("is too much with one long text that is named many times, before it is put together", () => {
    const text = "x".repeat(1_000_000);
    expect(refusedDetails({ list: new Array(600).fill(text) }).field).toMatch(/^details/);
    expect(refusedDetails({ list: new Array(600).fill({ [text]: 1 }) }).field).toMatch(/^details/);
  });

  test("counts undefined members while reading: few objects that are named often are not read for ever", () => {
    let reads = 0;
    const wide: Record<string, unknown> = {};
    for (let index = 0; index < 2000; index++) wide[`k${index}`] = undefined;
    Object.defineProperty(wide, "last", { enumerable: true, get: () => void reads++ });
    refusedDetails({ list: new Array(5000).fill(wide) });
    expect(reads).toBeLessThan(500);
  });
});
