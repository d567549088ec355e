import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { type LoggerOptions, multistream, pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { createLogger } from "winston";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { type PinoLogger, type PinoMirrorOptions, pinoMirror } from "../../src/pino/index.js";
import { refusal, rejection } from "../fixtures/recorded-log.js";
import { causes } from "../fixtures/watched-logger.js";
import { keptLogger, messagesOf, streamThat, watched } from "../fixtures/watched-pino.js";

const BROKEN = new Error("disk full");
const breaks = () => {
  throw BROKEN;
};

describe("what throws while a pino logger writes a line", () => {
  test.each<[what: string, options: LoggerOptions]>([
    ["a serializer", { serializers: { governance: breaks } }],
    ["a mixin", { mixin: breaks }],
    ["a log formatter", { formatters: { log: breaks } }],
    ["a logMethod hook", { hooks: { logMethod: breaks } }],
    ["a streamWrite hook", { hooks: { streamWrite: breaks } }],
    ["a censor", { redact: { paths: ["governance.actorDid"], censor: breaks } }],
    [
      "a timestamp",
      { timestamp: vi.fn<() => string>(breaks).mockImplementationOnce(() => ',"time":1') },
    ],
  ])("is reported, and harms neither the log nor other mirrors: %s", async (_, options) => {
    const broken = keptLogger(options);
    const fine = keptLogger();
    const errors: AuditError[] = [];
    const audit = new GovernanceAuditLog({
      mirrors: [pinoMirror(broken.logger), pinoMirror(fine.logger)],
      onError: (error) => errors.push(error),
    });
    audit.logNodeRemoved({ did: "did:1" });
    audit.logNodeRemoved({ did: "did:2" });
    expect(causes(errors)).toEqual(Array(2).fill("delivery_failed: disk full"));
    expect(errors[0]?.message).toContain('threw on "node_removed did:1"');
    expect(broken.texts).toEqual([]);
    expect(messagesOf(fine.lines())).toEqual(["node_removed did:1", "node_removed did:2"]);
    expect((await rejection(audit.flush())).message).toContain(
      "pino: 2 records were not written since the last flush",
    );
    await audit.flush();
    expect((await rejection(audit.shutdown())).message).toContain("2 records were not written");
  });

  test("is reported when it is the destination, for each line that it throws on", () => {
    let count = 0;
    const texts: string[] = [];
    const write = (text: string): void => {
      if (++count === 2) throw BROKEN;
      texts.push(text);
    };
    const { log, errors } = watched(pino({}, { write }));
    [1, 2, 3].map(log);
    expect(causes(errors)).toEqual(["delivery_failed: disk full"]);
    expect(messagesOf(texts.map((text) => JSON.parse(text)))).toEqual([
      "node_removed did:1",
      "node_removed did:3",
    ]);
  });

  test("is reported when it is one destination of several", () => {
    const fine: string[] = [];
    const streams = [{ write: breaks }, { write: (text: string) => void fine.push(text) }];
    const { log, errors } = watched(pino({}, multistream(streams)));
    log(1);
    expect(causes(errors)).toEqual(["delivery_failed: disk full"]);
    expect(fine).toHaveLength(1);
  });
});

describe("errors of a pino mirror", () => {
  const failing = () => streamThat((_, done) => setImmediate(done, BROKEN));

  test("go to the option as long as no log has taken the mirror over", () => {
    const early: AuditError[] = [];
    const late: AuditError[] = [];
    const { logger } = keptLogger({ mixin: breaks });
    const mirror = pinoMirror(logger, { onError: (error) => early.push(error), level: breaks });
    const provider = new LoggerProvider({ processors: [mirror] });
    provider.getLogger("app").emit({ body: "{", attributes: { "governance.log.id": "another" } });
    expect(early.map((error) => error.message)).toEqual([
      "pino: the body of a sealed record is not a canonical line",
    ]);
    const audit = new GovernanceAuditLog({
      mirrors: [mirror],
      onError: (error) => late.push(error),
    });
    audit.logNodeRemoved({ did: "did:1" });
    expect(early).toHaveLength(1);
    expect(causes(late)).toEqual(Array(2).fill("delivery_failed: disk full"));
  });

  test("warn the process when there is no such option either", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const stream = failing();
    const logger = pino(stream);
    pinoMirror(logger);
    logger.error("the app's own");
    await new Promise((resolve) => stream.once("close", resolve));
    expect(warnings).toHaveBeenCalledWith(expect.objectContaining({ code: "delivery_failed" }));
    warnings.mockRestore();
  });

  test("that onError itself brings about, by throwing or by logging to the logger that failed, come to an end", async () => {
    let lines = 0;
    const stream = streamThat((_, done) => {
      lines++;
      setImmediate(() => {
        stream.emit("error", new Error(`failure ${lines}`));
        done();
      });
    });
    const logger = pino(stream);
    const reports: string[] = [];
    pinoMirror(logger, {
      onError: (error) => {
        reports.push(error.message);
        logger.error(error.message);
        throw new Error("no better");
      },
    });
    logger.error("the app's own");
    while (lines < 2 || stream.writableLength > 0)
      await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(reports).toEqual(["pino: failure 1"]);
    expect(lines).toBe(2);
  });

  test("of the level option are reported, and the line has the level of its severity", () => {
    const answers: (() => unknown)[] = [() => "loud", () => "silent", () => undefined, breaks];
    const { logger, lines } = keptLogger();
    const level = () => answers.shift()?.() as string;
    const { errors, log } = watched(logger, { level });
    [1, 2, 3, 4].map(log);
    expect(lines().map((line) => line["level"])).toEqual([40, 40, 40, 40]);
    expect(errors.map((error) => error.message)).toEqual([
      expect.stringContaining('"loud", not one of trace, debug, info, warn, error, fatal'),
      expect.stringContaining('"silent"'),
      expect.stringContaining("a undefined"),
      expect.stringContaining("threw"),
    ]);
  });
});

describe("the options of a pino mirror", () => {
  test.each<[field: string, logger: unknown, options: unknown]>([
    ["logger", undefined, {}],
    ["logger", null, {}],
    ["logger", console, {}],
    ["logger", createLogger(), {}],
    ["logger", { ...pino.levels, child() {}, bindings() {}, levels: pino.levels }, {}],
    ["options", pino(), null],
    ["levels", pino(), { levels: {} }],
    ["key", pino(), { key: "" }],
    ["key", pino(), { key: 7 }],
    ...["level", "time", "pid", "hostname", "msg", "err", "__proto__"].map(
      (key): [string, unknown, unknown] => ["key", pino(), { key }],
    ),
    ["key", pino({ messageKey: "message" }), { key: "message" }],
    ["key", pino({ errorKey: "error" }).child({}), { key: "error" }],
    ["key", pino({ errorKey: "error" }), { key: "err" }], // it keeps its serializer
    ["key", pino({ nestedKey: "payload" }), { key: "payload" }],
    ["key", pino({ name: "clinic" }), { key: "name" }],
    ["key", pino().child({ governance: "clinic" }), {}],
    ["key", pino().child({ governance: "clinic" }).child({ part: 1 }), {}],
    ["level", pino(), { level: "info" }],
    ["onError", pino(), { onError: "throw" }],
  ])("are refused for %s (%#)", (field, logger, options) => {
    const error = refusal(() => pinoMirror(logger as PinoLogger, options as PinoMirrorOptions));
    expect(error).toMatchObject({ code: "invalid_options", field });
  });

  test("that are refused leave no listener on the destination", () => {
    const stream = streamThat(() => {});
    const before = stream.listenerCount("error");
    refusal(() => pinoMirror(pino(stream), { key: "" }));
    expect(stream.listenerCount("error")).toBe(before);
  });

  test("may repeat a binding as a key where nestedKey keeps them apart", () => {
    const { logger, lines } = keptLogger({ nestedKey: "payload" });
    const { log } = watched(logger.child({ governance: "clinic" }));
    log(1);
    expect(lines()[0]).toMatchObject({
      governance: "clinic",
      payload: { governance: { sequence: 0 } },
    });
  });
});

describe("many pino mirrors", () => {
  test("on one destination bring no warning of a leak, and each hears of failures", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const stream = streamThat((_, done) => done());
    const logger = pino(stream);
    const limit = stream.getMaxListeners();
    const before = stream.listenerCount("error");
    const errors: AuditError[] = [];
    const mirrors = Array.from({ length: 24 }, (_, node) =>
      pinoMirror(node % 2 === 0 ? logger : logger.child({ node }), {
        onError: (error) => errors.push(error),
      }),
    );
    stream.emit("error", BROKEN);
    const outcomes = await Promise.allSettled(mirrors.map((mirror) => mirror.forceFlush()));
    await Promise.all(mirrors.map((mirror) => mirror.shutdown()));
    expect(causes(errors)).toEqual(Array(24).fill("delivery_failed: disk full"));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(24).fill("rejected"));
    expect([stream.getMaxListeners(), stream.listenerCount("error")]).toEqual([limit, before]);
    expect(warnings.mock.calls).toEqual([]);
    warnings.mockRestore();
  });

  test("of two logs on one logger write the lines of both, and do not disturb each other", async () => {
    const { logger, lines } = keptLogger();
    const first = watched(logger);
    const second = watched(logger);
    first.log(1);
    second.log(2);
    await first.audit.shutdown();
    second.log(3);
    await second.audit.shutdown();
    expect(messagesOf(lines())).toEqual([1, 2, 3].map((node) => `node_removed did:${node}`));
    expect([...first.errors, ...second.errors]).toEqual([]);
  });
});
