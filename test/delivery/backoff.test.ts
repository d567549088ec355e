import { LoggerProvider } from "@opentelemetry/sdk-logs";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { backoffMillis } from "../../src/http/backoff.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";

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

describe("the attempts of a processor", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** When each attempt came, from the first one on. */
  function started(): {
    readonly at: number[];
    readonly exporter: ScriptedExporter;
    readonly emit: () => void;
  } {
    const at: number[] = [];
    const fail = failWith(new Error("HTTP 503"));
    const exporter = new ScriptedExporter((records, done) => {
      at.push(performance.now());
      fail(records, done);
    });
    const processor = new ReliableLogRecordProcessor({ exporter, onError: () => {} });
    const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
    return { at, exporter, emit: () => logger.emit({ body: "vote" }) };
  }

  const gaps = (at: readonly number[]): number[] =>
    at.slice(1).map((millis, index) => Math.round(millis - (at[index] as number)));

  test("stand so far apart, whatever the outage lasts, and begin anew after a success", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { at, exporter, emit } = started();
    const { takes: fail } = exporter;
    emit();
    await vi.advanceTimersByTimeAsync(62_000);
    expect(gaps(at)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    exporter.takes = succeed;
    await vi.advanceTimersByTimeAsync(15_000);
    exporter.takes = fail;
    at.length = 0;
    emit();
    await vi.advanceTimersByTimeAsync(5000);
    expect(gaps(at)).toEqual([500, 1000, 2000]);
  });
});
