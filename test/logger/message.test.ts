import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GovernanceFields } from "../../src/logger/entry-fields.js";
import { messageOf } from "../../src/logger/message.js";

const fields = (some: Partial<GovernanceFields>): GovernanceFields => ({
  logId: "quorumlog",
  sequence: 0,
  id: "00000000-0000-4000-8000-000000000000",
  timestamp: "2026-04-14T12:00:00.007Z",
  operation: "policy_updated",
  details: {},
  ...some,
});

const actor = (actorDid: string): string => messageOf(fields({ actorDid }));

describe("the message of a line", () => {
  test("leaves out what is absent or empty", () => {
    expect(messageOf(fields({}))).toBe("policy_updated");
    expect(actor("")).toBe("policy_updated");
  });

  test("has every column that an app's own operation fills", () => {
    const all = {
      decision: "passed",
      kind: "policy",
      subjectId: "s",
      actorDid: "a",
      proposalId: "p",
    };
    expect(messageOf(fields(all))).toBe("policy_updated passed policy for s by a on p");
  });

  test.each([
    ["a line feed", "a\nb", '"a\\nb"'],
    ["a carriage return", "a\rb", '"a\\rb"'],
    ["an escape sequence", "\u001b[31ma", '"\\u001b[31ma"'],
    ["a C1 escape sequence", "\u009b31ma", '"\\u009b31ma"'],
    ["DEL", "a\u007f", '"a\\u007f"'],
    ["NEL", "a\u0085b", '"a\\u0085b"'],
    ["a line separator", "a\u2028b", '"a\\u2028b"'],
    ["a paragraph separator", "a\u2029b", '"a\\u2029b"'],
    ["a right-to-left override", "a\u202eb", '"a\\u202eb"'],
    ["NUL", "a\0b", '"a\\u0000b"'],
    ["words of a message", "bob on urn:faked", '"bob on urn:faked"'],
    ["a quote", 'a"b', '"a\\"b"'],
    ["what looks escaped already", "a\\nb", '"a\\\\nb"'],
  ])("shows %s in a value, and is not changed by it", (_, value, shown) => {
    expect(actor(value)).toBe(`policy_updated by ${shown}`);
  });

  test("shows letters of any script as they are", () => {
    expect(actor("did:web:größe.例え.org")).toBe("policy_updated by did:web:größe.例え.org");
  });

  test("is one line without control characters, from which every value can be read back", () => {
    const text = fc.string({ unit: "binary", minLength: 1 });
    fc.assert(
      fc.property(text, text, (actorDid, proposalId) => {
        const message = messageOf(fields({ actorDid, proposalId }));
        expect(message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        const word = String.raw`("(?:[^"\\]|\\.)*"|[^\s"]+)`;
        const [, by, on] =
          new RegExp(`^policy_updated by ${word} on ${word}$`, "u").exec(message) ?? [];
        const read = (shown = "") => (shown.startsWith('"') ? JSON.parse(shown) : shown);
        expect([read(by), read(on)]).toEqual([actorDid, proposalId]);
      }),
    );
  });
});
