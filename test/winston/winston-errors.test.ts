import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test, vi } from "vitest";
import { createLogger, type Logger } from "winston";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { type WinstonMirrorOptions, winstonMirror } from "../../src/winston/index.js";
import { keeping, type Line, transportThat } from "../fixtures/memory-logger.js";
import { refusal, rejection } from "../fixtures/recorded-log.js";
import { causes, watchedLogger } from "../fixtures/watched-logger.js";

describe("errors", () => {
  const failing = () => transportThat((_, done) => done(new Error("disk full")));

  test("go to the option as long as no log has taken the mirror over", async () => {
    const early: AuditError[] = [];
    const late: AuditError[] = [];
    const logger = createLogger({ transports: [failing()] });
    const mirror = winstonMirror(logger, { onError: (error) => early.push(error) });
    logger.error("the app's own");
    expect(causes(early)).toEqual(["delivery_failed: disk full"]);
    const audit = new GovernanceAuditLog({
      mirrors: [mirror],
      onError: (error) => late.push(error),
    });
    audit.logNodeRemoved({ did: "did:1" });
    expect(causes(late)).toEqual(["delivery_failed: disk full"]);
    expect(early).toHaveLength(1);
  });

  test("warn the process when there is no such option either", () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const logger = createLogger({ transports: [failing()] });
    winstonMirror(logger);
    logger.error("the app's own");
    expect(warnings).toHaveBeenCalledWith(expect.objectContaining({ code: "delivery_failed" }));
    warnings.mockRestore();
  });

  test("that onError itself brings about, by throwing or by logging to the logger that failed, go no further", () => {
    const logger = createLogger({ transports: [failing()] });
    let calls = 0;
    winstonMirror(logger, {
      onError: (error) => {
        calls++;
        logger.error(error.message);
        throw new Error("no better");
      },
    });
    logger.error("the app's own");
    expect(calls).toBe(1);
  });

  test("of a transport that fails late, to which onError logs, come to an end", async () => {
    let calls = 0;
    const slow = transportThat((_, done) => setImmediate(done, new Error(`failure ${++calls}`)));
    const logger = createLogger({ transports: [slow] });
    const reports: string[] = [];
    winstonMirror(logger, {
      onError: (error) => {
        reports.push(error.message);
        logger.error(error.message);
      },
    });
    logger.error("the app's own");
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(reports).toEqual(["winston: failure 1"]);
  });

  test("of the level option are reported, and the line has the level of its severity", async () => {
    const lines: Line[] = [];
    const answers: (() => unknown)[] = [
      () => "loud",
      () => "toString",
      () => undefined,
      () => {
        throw new Error("no level");
      },
    ];
    const level = () => answers.shift()?.() as string;
    const { audit, errors, log } = watchedLogger({ transports: [keeping(lines)] }, { level });
    [1, 2, 3, 4].map(log);
    await audit.flush();
    expect(lines.map((line) => line.level)).toEqual(Array(4).fill("warn"));
    expect(errors.map((error) => error.message)).toEqual([
      expect.stringContaining('"loud", not one of error, warn, info'),
      expect.stringContaining('"toString"'),
      expect.stringContaining("a undefined"),
      expect.stringContaining("threw"),
    ]);
  });

  test.each([
    ["not JSON", "{"],
    ["no entry", "{}"],
    ["no string", 7],
  ])("are reported for a record that says it is sealed, whose body is %s", async (_, body) => {
    const errors: AuditError[] = [];
    const logger = createLogger({ transports: [keeping([])] });
    const mirror = winstonMirror(logger, { onError: (error) => errors.push(error) });
    const provider = new LoggerProvider({ processors: [mirror] });
    provider.getLogger("app").emit({ body, attributes: { "governance.log.id": "another" } });
    expect(errors).toMatchObject([{ code: "delivery_failed" }]);
    await rejection(mirror.shutdown());
  });
});

describe("the options of a winston mirror", () => {
  test.each<[field: string, logger: unknown, options: unknown]>([
    ["logger", undefined, {}],
    ["logger", null, {}],
    ["logger", { log: () => {}, levels: {} }, {}],
    ["logger", console, {}],
    ["options", createLogger(), null],
    ["levels", createLogger(), { levels: {} }],
    ["key", createLogger(), { key: "" }],
    ["key", createLogger(), { key: 7 }],
    ["key", createLogger(), { key: "message" }],
    ["key", createLogger(), { key: "level" }],
    ["key", createLogger({ defaultMeta: { governance: "clinic" } }), {}],
    ["key", createLogger({ defaultMeta: { audit: 1 } }).child({}), { key: "audit" }],
    ["level", createLogger(), { level: "info" }],
    ["onError", createLogger(), { onError: "throw" }],
  ])("are refused for %s", (field, logger, options) => {
    const error = refusal(() => winstonMirror(logger as Logger, options as WinstonMirrorOptions));
    expect(error).toMatchObject({ code: "invalid_options", field });
  });

  test("that are refused leave no listener on the logger", () => {
    const logger = createLogger();
    const before = logger.listenerCount("error");
    refusal(() => winstonMirror(logger, { key: "" }));
    expect(logger.listenerCount("error")).toBe(before);
  });
});

describe("many winston mirrors", () => {
  test("on one logger and its children bring no warning of a leak, and each hears of failures", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const logger = createLogger({ transports: [keeping([])] });
    const limit = logger.getMaxListeners();
    const errors: AuditError[] = [];
    const mirrors = Array.from({ length: 24 }, (_, node) =>
      winstonMirror(node % 2 === 0 ? logger : logger.child({ node }), {
        onError: (error) => errors.push(error),
      }),
    );
    logger.emit("error", new Error("disk full"));
    await Promise.all(mirrors.map((mirror) => mirror.shutdown()));
    expect(causes(errors)).toEqual(Array(24).fill("delivery_failed: disk full"));
    expect(logger.getMaxListeners()).toBe(limit);
    expect(warnings.mock.calls).toEqual([]);
    warnings.mockRestore();
  });

  test("of two logs on one logger write the lines of both, and do not disturb each other", async () => {
    const lines: Line[] = [];
    const slow = transportThat((line, done) => {
      lines.push(line);
      setImmediate(done);
    });
    const logger = createLogger({ transports: [slow] });
    const logs = [1, 2].map(() => new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] }));
    for (let node = 0; node < 50; node++)
      for (const audit of logs) audit.logNodeRemoved({ did: `did:${node}` });
    await logs[0]?.shutdown();
    logs[1]?.logNodeRemoved({ did: "did:last" });
    await logs[1]?.shutdown();
    for (const { logId } of logs) {
      const own = lines.flatMap(({ governance }) =>
        (governance as { logId: string }).logId === logId ? [governance] : [],
      );
      expect(own).toMatchObject(
        Array.from({ length: own.length }, (_, sequence) => ({ sequence })),
      );
    }
    expect(lines).toHaveLength(101);
  });
});
