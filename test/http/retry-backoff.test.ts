import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { backoffMillis } from "../../src/http/retry.js";

const OPTIONS = { initialMillis: 1000, maxMillis: 30_000 };

/** As `Math.random` can come as near to 1 as it likes. */
const highest = (): number => 1;

describe("the wait before the next attempt", () => {
  test("has a bound that doubles with each failure, up to the maximum", () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7].map((failures) =>
      backoffMillis(OPTIONS, failures, highest),
    );
    expect(bounds).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test("stays at the maximum, however long it lasts", () => {
    const failures = fc.integer({ min: 6, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(failures, (count) => {
        expect(backoffMillis(OPTIONS, count, highest)).toBe(30_000);
      }),
    );
  });

  test("is no longer than the maximum after the first failure either", () => {
    expect(backoffMillis({ initialMillis: 5000, maxMillis: 100 }, 1, highest)).toBe(100);
  });

  test("is anywhere between 0 and its bound, as chance has it", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(random, fc.integer({ min: 1, max: 100 }), (chance, failures) => {
        const bound = backoffMillis(OPTIONS, failures, highest);
        expect(backoffMillis(OPTIONS, failures, () => chance)).toBeCloseTo(chance * bound, 6);
      }),
    );
  });

  test("takes its chance from Math.random, each time anew", () => {
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0).mockReturnValueOnce(0.25);
    try {
      expect([backoffMillis(OPTIONS, 3), backoffMillis(OPTIONS, 3)]).toEqual([0, 1000]);
    } finally {
      random.mockRestore();
    }
  });
});
