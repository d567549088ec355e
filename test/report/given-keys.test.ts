import { describe, expect, test } from "vitest";
import { keyLines, keyOfLine } from "../../src/report/page/given-keys.js";

describe("the keys that a reader pastes into a page", () => {
  test("are read as a file of keys: one a line, with period and witness behind it", () => {
    const text =
      "# of the log\n\n a+1+x from=2026-01-01 to=2026-06-30T12:00:00Z \r\nw+2+y witness\n";
    expect(keyLines(text).map(keyOfLine)).toEqual([
      {
        vkey: "a+1+x",
        notBefore: new Date("2026-01-01T00:00:00Z"),
        notAfter: new Date("2026-06-30T12:00:00Z"),
      },
      { vkey: "w+2+y", witness: true },
    ]);
  });

  test.each(["until=2026-01-01", "from=2026-13-01", "from=2026-01-01Tnoon", "witnes"])(
    "are refused with another word behind them: %s",
    (word) => {
      expect(() => keyOfLine(`a+1+x ${word}`)).toThrow(
        expect.objectContaining({
          code: "invalid_options",
          message: expect.stringContaining(word),
        }),
      );
    },
  );
});
