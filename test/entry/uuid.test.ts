import { expect, test } from "vitest";
import { sha256Hex } from "../../src/entry/sha256.js";
import { uuidOf, uuidOfHash } from "../../src/entry/uuid.js";

test("a UUID of a hash is the example of RFC 9562, appendix B.2", () => {
  const namespace = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
  const hash = sha256Hex(Buffer.concat([namespace, Buffer.from("www.example.com")]));
  expect(uuidOfHash(hash)).toBe("5c146b14-3c52-8afd-938a-375d0df1fbf6");
  for (const digit of "0123456789abcdef") {
    const uuid = uuidOfHash(digit.repeat(64));
    expect(uuidOf(uuid, "id")).toBe(uuid);
  }
});
