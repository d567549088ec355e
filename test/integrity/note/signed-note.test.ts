import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatNote, MAX_NOTE_LENGTH, parseNote } from "../../../src/integrity/note/signed-note.js";
import { refused } from "../../fixtures/signed-notes.js";

const SIGNATURE = Buffer.from([0xfe, 0xdc, 0xba, 0x98, 1, 2, 3]).toString("base64");
const LINE = `— example.com/key ${SIGNATURE}\n`;
const NOTE = `one\ntwo\n\n${LINE}`;

const name = fc
  .string({ unit: "binary", minLength: 1 })
  .filter((text) => !/[\s\p{White_Space}+\p{Cc}]/u.test(text));
const signature = fc.record({
  name,
  id: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
});
const text = fc.array(fc.string({ unit: "binary" })).map((lines) => {
  const plain = lines.map((line) => line.replaceAll(/[\p{Cc}]/gu, ""));
  return [...plain, ""].join("\n");
});

describe("a signed note", () => {
  test("is its text and its signatures", () => {
    const note = parseNote(NOTE + LINE.replace("key", "other"));
    expect(note.text).toBe("one\ntwo\n");
    expect(note.signatures).toEqual([
      { name: "example.com/key", id: 0xfedcba98, signature: Buffer.from([1, 2, 3]) },
      { name: "example.com/other", id: 0xfedcba98, signature: Buffer.from([1, 2, 3]) },
    ]);
  });

  test("may have empty lines in its text: the last one parts it", () => {
    const inner = `\n\na\n\n${LINE}b\n\n`;
    expect(parseNote(`${inner}\n${LINE}`)).toMatchObject({ text: inner, signatures: [{}] });
  });

  test("of any text and keys is read as it was written", () => {
    fc.assert(
      fc.property(
        text.filter((any) => any.endsWith("\n")),
        fc.array(signature, { minLength: 1, maxLength: 16 }),
        (any, signatures) => {
          const read = parseNote(formatNote(any, signatures));
          expect(read.text).toBe(any);
          expect(
            read.signatures.map((one) => ({ ...one, signature: Uint8Array.from(one.signature) })),
          ).toEqual(signatures);
        },
      ),
    );
  });

  test.each([
    ["nothing", ""],
    ["no signatures", "one\ntwo\n\n"],
    ["no empty line", `one\n${LINE}`],
    ["a text without its line end", `one${LINE}`],
    ["a last line without its end", NOTE.slice(0, -1)],
    ["another character for its last line end", NOTE.replace(/\n$/, "x")],
    ["an empty line at its end", `${NOTE}\n`],
    ["text after the signatures", `${NOTE}three\n`],
    ["a hyphen for a dash", NOTE.replace("—", "-")],
    ["two spaces", NOTE.replace("— ", "—  ")],
    ["a space at the end of a signature", NOTE.replace(/\n$/, " \n")],
    ["a name with a plus", NOTE.replace("/key", "+key")],
    ["a name with a space of Unicode", NOTE.replace("/key", "\u3000key")],
    ["a name with a next line of Unicode", NOTE.replace("/key", "\u0085key")],
    ["no name", NOTE.replace("example.com/key", "")],
    ["a carriage return", NOTE.replaceAll("\n", "\r\n")],
    ["a tab", NOTE.replace("one", "o\te")],
    ["a NUL", NOTE.replace("one", "o\0e")],
    ["a lone surrogate", NOTE.replace("one", "o\ud800e")],
    ["base64 without padding", NOTE.replace(SIGNATURE, SIGNATURE.replace(/=+$/, ""))],
    ["base64 for URLs", NOTE.replace(SIGNATURE, "_ty6mAECAw==")],
    ["base64 with bits left over", NOTE.replace(SIGNATURE, SIGNATURE.replace("w==", "x=="))],
    ["no signature after the key id", NOTE.replace(SIGNATURE, "/ty6mA==")],
    ["101 signatures", NOTE + LINE.repeat(100)],
    ["a million characters", `${"x".repeat(MAX_NOTE_LENGTH)}\n\n${LINE}`],
  ])("has not %s", (_, note) => {
    expect(parseNote(NOTE).signatures.length).toBe(1);
    expect(refused(() => parseNote(note))).toMatchObject({ code: "invalid_evidence" });
  });

  test.each([
    ["no signatures", "text\n", []],
    ["no line end", "text", [{ name: "k", id: 1, signature: Buffer.alloc(64) }]],
    [
      "a signature line at its end",
      `a\n\n${LINE.trimEnd()}`,
      [{ name: "k", id: 1, signature: Buffer.alloc(64) }],
    ],
    ["a control character", "te\txt\n", [{ name: "k", id: 1, signature: Buffer.alloc(64) }]],
    ["a name that is none", "text\n", [{ name: "a b", id: 1, signature: Buffer.alloc(64) }]],
    [
      "a line in a name",
      "text\n",
      [{ name: `k x\n\n${LINE}`, id: 1, signature: Buffer.alloc(64) }],
    ],
  ])("is not written with %s", (_, any, signatures) => {
    expect(refused(() => formatNote(any, signatures))).toMatchObject({ code: "invalid_evidence" });
  });

  test("has 100 signatures at most, and 16 of the largest kind fit", () => {
    expect(parseNote(NOTE + LINE.repeat(99)).signatures.length).toBe(100);
    const large = Array.from({ length: 16 }, () => ({
      name: "k",
      id: 1,
      signature: Buffer.alloc(5000),
    }));
    expect(parseNote(formatNote("text\n", large)).signatures.length).toBe(16);
  });
});
