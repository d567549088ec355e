import { ExportResultCode } from "@opentelemetry/core";
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  type LogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  DEFAULT_FLUSH_TIMEOUT_MILLIS,
  DeliveryError,
  GovernanceAuditLog,
} from "../../src/index.js";
import { attachedLog } from "../fixtures/attached-log.js";
import { NODE } from "../fixtures/domain-objects.js";
import { recordedLog, refusal, rejection } from "../fixtures/recorded-log.js";
import { RecordingMirror, reliableMirror } from "../fixtures/recording-mirror.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const never = (): Promise<void> => new Promise(() => {});
const failing = (message: string) => (): Promise<void> => Promise.reject(new Error(message));

/** A plain processor with this flush and shutdown. */
function plain(
  work: Partial<Pick<LogRecordProcessor, "forceFlush" | "shutdown">>,
): LogRecordProcessor {
  return Object.assign(new RecordingMirror(), work);
}

/** A reliable mirror with one pending record, and this flush and shutdown. */
function reliable(
  name: string,
  work: Partial<Pick<LogRecordProcessor, "forceFlush" | "shutdown">>,
) {
  const line = { accepted: 1, delivered: 0, pending: 1, rejected: 0 };
  return reliableMirror(name, { ledger: () => line, ...work });
}

async function deliveryError(work: Promise<unknown>): Promise<DeliveryError> {
  const error = await rejection(work);
  expect(error).toBeInstanceOf(DeliveryError);
  expect(error.code).toBe("delivery_failed");
  return error as DeliveryError;
}

describe("flush", () => {
  test("flushes every mirror, and resolves to nothing", async () => {
    const second = new RecordingMirror();
    const { audit, mirror } = recordedLog({ mirrors: [second] });
    audit.logNodeAdded(NODE);
    expect(await audit.flush()).toBeUndefined();
    expect([mirror.flushes, second.flushes]).toEqual([1, 1]);
    expect(mirror.shutdowns).toBe(0);
  });

  test("resolves for a log without mirrors", async () => {
    await new GovernanceAuditLog().flush({ timeoutMillis: 1 });
  });

  test("waits for the slowest mirror", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { audit, mirror } = recordedLog({
      mirrors: [reliable("slow", { forceFlush: () => promise })],
    });
    let settled = false;
    const flush = audit.flush().then(() => {
      settled = true;
    });
    await new Promise(setImmediate);
    expect(mirror.flushes).toBe(1);
    expect(settled).toBe(false);
    resolve();
    await flush;
  });

  test("rejects at its deadline with the ledger if a mirror hangs", async () => {
    vi.useFakeTimers();
    const { audit } = recordedLog({
      mirrors: [plain({ forceFlush: never }), reliable("otlp", {})],
    });
    audit.logNodeAdded(NODE);
    const rejected = deliveryError(audit.flush({ timeoutMillis: 5 }));
    await vi.advanceTimersByTimeAsync(5);
    const error = await rejected;
    expect(error.ledger).toEqual({
      accepted: 1,
      mirrors: { otlp: { accepted: 1, delivered: 0, pending: 1, rejected: 0 } },
    });
    expect(error.message).toContain("not done after 5 ms");
    expect((error.cause as Error).message).toContain("not done after 5 ms");
  });

  test("rejects if a reliable mirror does not keep the deadline itself", async () => {
    vi.useFakeTimers();
    const { audit } = recordedLog({ mirrors: [reliable("otlp", { forceFlush: never })] });
    const error = deliveryError(audit.flush({ timeoutMillis: 5 }));
    await vi.advanceTimersByTimeAsync(5000);
    expect((await error).message).toContain("mirror otlp was not done");
  });

  test("passes its deadline on to the mirrors", async () => {
    vi.useFakeTimers(); // performance.now() stands still too, and no millisecond is lost
    const forceFlush = vi.fn(async () => {});
    const { audit } = recordedLog({ mirrors: [plain({ forceFlush })] });
    await audit.flush({ timeoutMillis: 1234 });
    expect(forceFlush).toHaveBeenCalledExactlyOnceWith({ timeoutMillis: 1234 });
  });

  test("rejects with the failure of one mirror, and flushes the others too", async () => {
    const last = new RecordingMirror();
    const { audit, mirror } = recordedLog({
      mirrors: [reliable("otlp", { forceFlush: failing("503") }), last],
    });
    const error = await deliveryError(audit.flush());
    expect(error.cause).toEqual(new Error("503"));
    expect([mirror.flushes, last.flushes]).toEqual([1, 1]);
  });

  test("treats a mirror that throws as one that rejects", async () => {
    const { audit } = recordedLog({
      mirrors: [
        reliable("otlp", {
          forceFlush: () => {
            throw new Error("no socket");
          },
        }),
      ],
    });
    expect((await deliveryError(audit.flush())).cause).toEqual(new Error("no socket"));
  });

  test("rejects with all failures if there are several", async () => {
    const { audit } = recordedLog({
      mirrors: [plain({ forceFlush: failing("503") }), plain({ forceFlush: failing("no socket") })],
    });
    const error = await deliveryError(audit.flush());
    expect((error.cause as AggregateError).errors).toEqual([
      new Error("503"),
      new Error("no socket"),
    ]);
    expect(error.message).toContain("503");
    expect(error.message).toContain("no socket");
  });

  test("can be called again after it failed", async () => {
    let broken = true;
    const { audit } = recordedLog({
      mirrors: [
        reliable("otlp", { forceFlush: async () => void (broken && (await failing("503")())) }),
      ],
    });
    await deliveryError(audit.flush());
    broken = false;
    await audit.flush();
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5", {}])(
    "refuses a timeout of %o",
    async (timeoutMillis) => {
      const { audit, mirror } = recordedLog();
      expect(await rejection(audit.flush({ timeoutMillis } as never))).toMatchObject({
        code: "invalid_options",
        field: "timeoutMillis",
      });
      expect(mirror.flushes).toBe(0);
    },
  );

  test("refuses options that are not an object", async () => {
    for (const options of [null, 5, "5"])
      expect((await rejection(recordedLog().audit.flush(options as never))).code).toBe(
        "invalid_options",
      );
  });

  test("can wait longer than the longest timer, for 2^31 milliseconds", async () => {
    vi.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { audit } = recordedLog({ mirrors: [plain({ forceFlush: () => promise })] });
    const flush = audit.flush({ timeoutMillis: 2 ** 31 });
    flush.catch(() => {}); // it is awaited below
    await vi.advanceTimersByTimeAsync(1000);
    resolve();
    await flush;
  });

  test("waits 30 seconds by default", async () => {
    vi.useFakeTimers();
    expect(DEFAULT_FLUSH_TIMEOUT_MILLIS).toBe(30_000);
    const { audit } = recordedLog({ mirrors: [plain({ forceFlush: never })] });
    const error = deliveryError(audit.flush());
    await vi.advanceTimersByTimeAsync(29_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await error).message).toContain("not done after 30000 ms");
  });

  test("leaves no timer behind, which would keep the process alive", async () => {
    vi.useFakeTimers();
    const { audit } = recordedLog({ mirrors: [reliable("otlp", { forceFlush: failing("503") })] });
    await deliveryError(audit.flush());
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is the same as forceFlush of the processor, with the same options", async () => {
    const { processor, provider, mirror } = attachedLog({
      mirrors: [reliable("otlp", { forceFlush: failing("503") })],
    });
    await deliveryError(processor.flush());
    await deliveryError(processor.forceFlush());
    await deliveryError(processor.forceFlush({ timeoutMillis: 5 }));
    expect(mirror.flushes).toBe(3);
    await expect(provider.forceFlush()).rejects.toThrow("503");
  });
});

describe("shutdown", () => {
  test("shuts every mirror down, which flushes it", async () => {
    const exporter = new InMemoryLogRecordExporter();
    const exported: unknown[] = [];
    vi.spyOn(exporter, "export").mockImplementation((records, done) => {
      exported.push(...records.map(({ body }) => body));
      done({ code: ExportResultCode.SUCCESS });
    });
    const { audit, mirror } = recordedLog({ mirrors: [new BatchLogRecordProcessor({ exporter })] });
    audit.logNodeAdded(NODE);
    audit.logNodeRemoved(NODE);
    const lines = [...audit.lines()];
    expect(exported).toEqual([]);
    expect(await audit.shutdown()).toBeUndefined();
    expect(exported).toEqual(lines);
    expect(mirror.shutdowns).toBe(1);
  });

  test("happens once, however often it is called", async () => {
    const { audit, mirror } = recordedLog();
    const first = audit.shutdown();
    expect(audit.shutdown()).toBe(first);
    await Promise.all([first, audit.shutdown(), audit[Symbol.asyncDispose]()]);
    await audit.shutdown();
    expect(mirror.shutdowns).toBe(1);
  });

  test("rejects each time with the same failures, and shuts all mirrors down", async () => {
    const { audit, mirror } = recordedLog({
      mirrors: [
        reliable("a", { shutdown: failing("503") }),
        reliable("b", { shutdown: failing("stuck") }),
      ],
    });
    const error = await deliveryError(audit.shutdown());
    expect((error.cause as AggregateError).errors).toEqual([new Error("503"), new Error("stuck")]);
    expect(error.ledger.mirrors).toHaveProperty("a");
    expect(await deliveryError(audit.shutdown())).toBe(error);
    expect(mirror.shutdowns).toBe(1);
    expect(refusal(() => audit.logNodeAdded(NODE)).code).toBe("closed");
  });

  test("ends even if a mirror never does", async () => {
    vi.useFakeTimers();
    const { audit, mirror } = recordedLog({
      mirrors: [
        plain({ forceFlush: never, shutdown: never }),
        reliable("otlp", { forceFlush: never, shutdown: never }),
      ],
    });
    const error = deliveryError(audit.shutdown());
    await vi.advanceTimersByTimeAsync(2 * DEFAULT_FLUSH_TIMEOUT_MILLIS);
    expect((await error).message).toContain("not done after 30000 ms");
    expect(mirror.shutdowns).toBe(1);
  });

  test("leaves the log open for queries", async () => {
    const { audit } = recordedLog();
    const entry = audit.logNodeAdded(NODE);
    await audit.shutdown();
    expect(audit.entries()).toEqual([entry]);
    expect(audit.exportNdjson()).not.toBe("");
    expect(audit.ledger().accepted).toBe(1);
  });

  test("gives a later flush its result", async () => {
    const { audit, mirror } = recordedLog();
    await audit.shutdown();
    const { flushes } = mirror;
    await audit.flush();
    expect(mirror.flushes).toBe(flushes);
    const broken = recordedLog({ mirrors: [reliable("otlp", { shutdown: failing("503") })] }).audit;
    const error = await deliveryError(broken.shutdown());
    expect(await deliveryError(broken.flush())).toBe(error);
  });

  test("happens at the end of an await using block", async () => {
    let mirror: RecordingMirror;
    {
      const log = recordedLog();
      mirror = log.mirror;
      await using audit = log.audit;
      audit.logNodeAdded(NODE);
      expect(mirror.shutdowns).toBe(0);
    }
    expect(mirror.shutdowns).toBe(1);
  });

  test("of an attached log does not close the app's provider", async () => {
    const { audit, provider, mirror, after } = attachedLog();
    await audit.shutdown();
    expect([mirror.shutdowns, after.shutdowns]).toEqual([1, 0]);
    provider.getLogger("app").emit({ body: "still here" });
    expect(after.seen).toMatchObject([{ body: "still here" }]);
    await provider.shutdown();
    expect([mirror.shutdowns, after.shutdowns]).toEqual([1, 1]);
  });

  test("of provider and log, in that order, shuts the mirrors down once", async () => {
    const { audit, provider, processor, mirror } = attachedLog();
    await provider.shutdown();
    await Promise.all([audit.shutdown(), processor.shutdown()]);
    expect(mirror.shutdowns).toBe(1);
  });
});
