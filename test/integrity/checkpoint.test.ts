import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkpointText, parseCheckpoint } from "../../src/integrity/checkpoint.js";
import { ORIGIN, ROOT, refused } from "../fixtures/signed-notes.js";

const LINE = `— ${ORIGIN} ${Buffer.alloc(68, 1).toString("base64")}\n`;
const ROOT_TEXT = ROOT.toString("base64");
const noteOf = (text: string): string => `${text}\n${LINE}`;

describe("a checkpoint", () => {
  test("says origin, size and root", () => {
    expect(checkpointText(ORIGIN, 1234, ROOT)).toBe(`${ORIGIN}\n1234\n${ROOT_TEXT}\n`);
    const note = noteOf(checkpointText(ORIGIN, 1234, ROOT));
    expect(parseCheckpoint(note)).toEqual({
      origin: ORIGIN,
      size: 1234,
      rootHash: ROOT.toString("hex"),
      note,
    });
  });

  test("of any origin and size is read as it was written", () => {
    const origin = fc
      .string({ unit: "binary", minLength: 1 })
      .filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(
        origin,
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (any, size, root) => {
          const note = noteOf(checkpointText(any, size, root));
          const rootHash = Buffer.from(root).toString("hex");
          expect(parseCheckpoint(note)).toEqual({ origin: any, size, rootHash, note });
        },
      ),
    );
  });

  test("may have extension lines, and an origin with spaces", () => {
    const note = noteOf(`Some log +1\n0\n${ROOT_TEXT}\nextension\nand another one\n`);
    expect(parseCheckpoint(note)).toMatchObject({ origin: "Some log +1", size: 0 });
  });

  test.each([
    ["no root", `${ORIGIN}\n5\n`],
    ["no origin", `\n5\n${ROOT_TEXT}\n`],
    ["no size", `${ORIGIN}\n${ROOT_TEXT}\n`],
    ["an empty size", `${ORIGIN}\n\n${ROOT_TEXT}\n`],
    ["a leading zero", `${ORIGIN}\n05\n${ROOT_TEXT}\n`],
    ["a sign", `${ORIGIN}\n+5\n${ROOT_TEXT}\n`],
    ["a negative size", `${ORIGIN}\n-5\n${ROOT_TEXT}\n`],
    ["an exponent", `${ORIGIN}\n5e3\n${ROOT_TEXT}\n`],
    ["a space around the size", `${ORIGIN}\n5 \n${ROOT_TEXT}\n`],
    ["digits that are not ASCII", `${ORIGIN}\n５\n${ROOT_TEXT}\n`],
    ["a size of 2^53", `${ORIGIN}\n9007199254740992\n${ROOT_TEXT}\n`],
    ["a size of 2^64", `${ORIGIN}\n18446744073709551616\n${ROOT_TEXT}\n`],
    ["a short root", `${ORIGIN}\n5\n${Buffer.alloc(31).toString("base64")}\n`],
    ["a long root", `${ORIGIN}\n5\n${Buffer.alloc(33).toString("base64")}\n`],
    ["a root in hexadecimal", `${ORIGIN}\n5\n${ROOT.toString("hex")}\n`],
    ["a root without padding", `${ORIGIN}\n5\n${ROOT_TEXT.slice(0, -1)}\n`],
    ["an empty extension line", `${ORIGIN}\n5\n${ROOT_TEXT}\n\nextension\n`],
    ["an empty last line", `${ORIGIN}\n5\n${ROOT_TEXT}\n\n`],
  ])("has not %s", (_, text) => {
    expect(refused(() => parseCheckpoint(noteOf(text)))).toMatchObject({
      code: "invalid_evidence",
    });
  });

  test("is never read without a signature line", () => {
    const text = checkpointText(ORIGIN, 5, ROOT);
    for (const note of [text, `${text}\n`, `${text}\n\n`])
      expect(refused(() => parseCheckpoint(note))).toMatchObject({ code: "invalid_evidence" });
  });

  test.each([
    ["origin", "", 5, ROOT],
    ["origin", "two\nlines", 5, ROOT],
    ["origin", "a\ttab", 5, ROOT],
    ["origin", "half \ud800", 5, ROOT],
    ["size", ORIGIN, -1, ROOT],
    ["size", ORIGIN, 2 ** 53, ROOT],
    ["size", ORIGIN, 0.5, ROOT],
    ["root", ORIGIN, 5, ROOT.subarray(1)],
  ])("is not written with such a %s", (field, origin, size, root) => {
    const written = () => checkpointText(origin, size, root);
    expect(refused(written)).toMatchObject({ code: "invalid_options", field });
  });
});
