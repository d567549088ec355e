import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test, vi } from "vitest";
import { createLogger, type Logger } from "winston";
import { AuditLogProcessor, DeliveryError, GovernanceAuditLog } from "../../src/index.js";
import { winstonMirror } from "../../src/winston/index.js";
import { keeping, keepingBut, type Line, transportThat } from "../fixtures/memory-logger.js";
import { rejection } from "../fixtures/recorded-log.js";
import { emitTo } from "../fixtures/recording-mirror.js";
import { until } from "../fixtures/until.js";
import { messages, watchedLogger } from "../fixtures/watched-logger.js";

describe("a logger that cannot write", () => {
  test.each<[how: string, change: (logger: Logger) => void, reason: string]>([
    ["was ended", (logger) => void logger.end(), "the logger was ended"],
    ["was closed", (logger) => void logger.close(), "no transport"],
    ["lost its transports", (logger) => void logger.clear(), "no transport"],
    [
      "got default metadata that would hide the fields",
      (logger) => Object.assign(logger, { defaultMeta: { governance: "clinic" } }),
      'defaultMeta has the key "governance"',
    ],
    ["has no levels", (logger) => Object.assign(logger, { levels: {} }), "no levels"],
  ])(
    "because it %s is reported for each record, and no flush waits for it",
    async (_, change, reason) => {
      const { audit, logger, errors, log } = watchedLogger({ transports: [keeping([])] });
      change(logger);
      log(1);
      log(2);
      expect(errors.map((error) => error.message)).toEqual(
        Array(2).fill(expect.stringContaining(reason)),
      );
      expect((await rejection(audit.flush())).message).toContain("2 records were not written");
    },
  );

  test("because its transport never calls back makes a flush reject at its deadline, without a line lost", async () => {
    const lines: Line[] = [];
    let goOn = (): void => {};
    const stuck = transportThat((line, done) => {
      lines.push(line);
      goOn = done;
    });
    const { audit, errors, log } = watchedLogger({ transports: [stuck] });
    const written = [log(1), log(2)];
    const error = await rejection(audit.flush({ timeoutMillis: 20 }));
    expect(error).toBeInstanceOf(DeliveryError);
    expect(errors).toEqual([]);
    goOn();
    await until(() => lines.length === written.length);
    expect(messages(lines)).toEqual(written);
    goOn();
    await audit.shutdown();
  });

  test("because it has no transport keeps no flush waiting for the app's own lines either", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
    const { audit, logger } = watchedLogger({ transports: [] });
    logger.info("the app's own");
    await audit.flush({ timeoutMillis: 1000 });
    complaints.mockRestore();
  });

  test("holds 65 536 records, and reports each one more", () => {
    const stuck = transportThat(() => {});
    const { mirror, errors, log } = watchedLogger({ transports: [stuck] });
    emitTo(mirror, 65_537); // the transport has the first one
    expect(errors).toEqual([]);
    for (let node = 0; node < 2; node++) log(node);
    expect(errors.map((error) => error.code)).toEqual(["delivery_failed", "delivery_failed"]);
  });
});

describe("a flush", () => {
  test("waits until a slow transport has taken every line", async () => {
    let taken = 0;
    const slow = transportThat((_, done) => {
      setTimeout(() => {
        taken++;
        done();
      }, 2);
    });
    const { audit, log } = watchedLogger({ transports: [slow] });
    for (let node = 0; node < 20; node++) log(node);
    await audit.flush();
    expect(taken).toBe(20);
  });

  test("waits on when the clock is set forward meanwhile", async () => {
    let taken = 0;
    const slow = transportThat((_, done) => {
      taken++;
      setImmediate(done);
    });
    const { audit, log } = watchedLogger({ transports: [slow] });
    for (let node = 0; node < 60; node++) log(node);
    let hours = 0;
    const start = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => start + ++hours * 3_600_000);
    try {
      await audit.flush();
    } finally {
      clock.mockRestore();
    }
    expect(taken).toBe(60);
  });

  test("ends soon when the app ends the logger meanwhile, and reports each line that waited", async () => {
    const slow = transportThat((_, done) => setImmediate(done));
    const { audit, logger, errors, log } = watchedLogger({ transports: [slow] });
    for (let node = 0; node < 20; node++) log(node);
    const flush = rejection(audit.flush());
    logger.end();
    expect((await flush).message).toContain("records were not written");
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.at(-1)?.message).toBe(
      'winston: the logger was ended; "node_removed did:19" was not written',
    );
  });

  test("takes the deadline of its caller", async () => {
    const mirror = winstonMirror(createLogger({ transports: [transportThat(() => {})] }));
    const audit = new GovernanceAuditLog({ mirrors: [mirror] });
    audit.logNodeRemoved({ did: "did:1" });
    audit.logNodeRemoved({ did: "did:2" });
    const error = await rejection(mirror.forceFlush({ timeoutMillis: 10 }));
    expect(error).toMatchObject({ code: "delivery_failed" });
    expect(error.message).toContain("1 record waits");
  });
});

describe("a shutdown", () => {
  test("writes what waits, takes its listeners away and leaves the logger open", async () => {
    const lines: Line[] = [];
    const slow = transportThat((line, done) => {
      lines.push(line);
      setImmediate(done);
    });
    const logger = createLogger({ transports: [slow] });
    const before = [logger.listenerCount("error"), logger.listenerCount("warn")];
    const mirror = winstonMirror(logger);
    const audit = new GovernanceAuditLog({ mirrors: [mirror] });
    expect(logger.listenerCount("error")).toBe(before[0]! + 1);
    for (let node = 0; node < 30; node++) audit.logNodeRemoved({ did: `did:${node}` });
    await Promise.all([audit.shutdown(), mirror.shutdown(), mirror.forceFlush()]);
    expect(lines).toHaveLength(30);
    expect([logger.listenerCount("error"), logger.listenerCount("warn")]).toEqual(before);
    logger.info("the app's own");
    await until(() => lines.at(-1)?.message === "the app's own");
  });

  test("ends the writing, for a mirror in the app's own provider too", async () => {
    const lines: Line[] = [];
    const mirror = winstonMirror(createLogger({ transports: [keeping(lines)] }));
    const processor = new AuditLogProcessor();
    const loggerProvider = new LoggerProvider({ processors: [processor, mirror] });
    const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
    audit.logNodeRemoved({ did: "did:1" });
    await mirror.shutdown();
    audit.logNodeRemoved({ did: "did:2" });
    expect(messages(lines)).toEqual(["node_removed did:1"]);
  });

  test("of a child logger's mirror takes its listeners away too, and none of the app's", async () => {
    const logger = createLogger({ transports: [keeping([])] });
    const own = vi.fn();
    logger.on("error", own);
    const audit = new GovernanceAuditLog({
      mirrors: [winstonMirror(logger.child({ part: "audit" }))],
    });
    audit.logNodeRemoved({ did: "did:1" });
    await audit.shutdown();
    expect(logger.listeners("error")).toEqual([own]);
  });

  test("tells of every line that was ever lost", async () => {
    const lines: Line[] = [];
    const { audit, log } = watchedLogger({
      transports: [
        keepingBut(lines, () => {
          throw new Error("disk full");
        }),
      ],
    });
    [1, 2, 3].map(log);
    await rejection(audit.flush());
    await audit.flush();
    expect((await rejection(audit.shutdown())).message).toContain(
      "1 record was not written in all",
    );
  });

  test("that gave up at its deadline still hears of a line that fails later", async () => {
    let fail: (error?: Error) => void = () => {};
    const stuck = transportThat((_, done) => {
      fail = done;
    });
    const { audit, logger, errors, log } = watchedLogger({ transports: [stuck] });
    log(1);
    await rejection(audit.shutdown({ timeoutMillis: 10 }));
    expect(() => fail(new Error("disk full"))).not.toThrow();
    expect(logger.listenerCount("error")).toBe(1);
    expect(errors.map((error) => error.message)).toEqual(["winston: disk full"]);
  });
});
