import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { type LoggerOptions, multistream, pino, stdSerializers } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { pinoMirror } from "../../src/pino/index.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import {
  keepingText,
  keptLogger,
  messagesOf,
  type PinoLine,
  watched,
} from "../fixtures/watched-pino.js";

afterEach(() => {
  context.disable();
});

const LEVELS = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
const levelOf = ({ level }: PinoLine): string => LEVELS[level as keyof typeof LEVELS];

/** The line that a logger of these options writes when a node was removed. */
function lineOf(options: LoggerOptions, did = "did:pqaid:dave"): PinoLine {
  const { logger, lines } = keptLogger(options);
  const { audit, errors } = watched(logger);
  audit.logNodeRemoved({ did });
  expect(errors).toEqual([]);
  return lines()[0] ?? {};
}

describe("a log with a pino mirror", () => {
  test("writes a line in words for each of the eight helpers, at the level of its severity", () => {
    const { logger, lines } = keptLogger();
    const { audit } = watched(logger);
    for (const { call } of OPERATION_CALLS) call(audit);
    expect(lines().map((line) => `${levelOf(line)}: ${line["msg"]}`)).toEqual([
      "info: proposal_created authorize-model for did:pqaid:medical-ai-v2 by did:pqaid:alice on urn:pqc-gov-prop:7f3a",
      "info: vote_cast approve by did:pqaid:bob on urn:pqc-gov-prop:7f3a",
      "info: consensus_reached passed by did:pqaid:carol on urn:pqc-gov-prop:7f3a",
      "error: byzantine_detected approve then reject by did:pqaid:eve on urn:pqc-gov-prop:7f3a",
      "info: node_added did:pqaid:dave on urn:pqc-gov-prop:7f3a",
      "warn: node_removed did:pqaid:dave on urn:pqc-gov-prop:7f3a",
      "info: authorization_granted authorize-model for did:pqaid:medical-ai-v2 by did:pqaid:carol on urn:pqc-gov-prop:7f3a",
      "warn: authorization_revoked revoke-model for did:pqaid:medical-ai-v2 by did:pqaid:carol on urn:pqc-gov-prop:7f3a",
    ]);
  });

  test("writes the whole entry as an object under one key, and nothing else beside what pino adds", () => {
    const { logger, lines } = keptLogger();
    const { audit } = watched(logger);
    const entries = OPERATION_CALLS.map(({ call }) => call(audit));
    expect(lines().map((line) => line["governance"])).toEqual(
      entries.map((entry) => JSON.parse(JSON.stringify({ ...entry, logId: audit.logId }))),
    );
    expect(Object.keys(lines()[0] ?? {})).toEqual([
      ...["level", "time", "pid", "hostname", "governance", "msg"],
    ]);
  });

  test("keeps every entry whole, whatever its details and names", () => {
    const word = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
    const { logger, lines, texts } = keptLogger();
    const { audit, errors } = watched(logger);
    fc.assert(
      fc.property(word, fc.dictionary(word, fc.jsonValue()), (actorDid, values) => {
        texts.length = 0;
        const entry = audit.log({
          operation: "policy_updated",
          actorDid,
          details: { values: values as never },
        });
        expect(texts).toHaveLength(1);
        expect(texts[0]?.match(/\n/g)).toHaveLength(1);
        expect(lines()[0]?.["governance"]).toEqual(
          JSON.parse(JSON.stringify({ ...entry, logId: audit.logId })),
        );
      }),
    );
    expect(errors).toEqual([]);
  });

  test("writes the ids of the span that was active", () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const { logger, lines } = keptLogger();
    const { audit } = watched(logger);
    const span = new TracerProvider().getTracer("test").startSpan("vote");
    context.with(trace.setSpan(context.active(), span), () =>
      audit.logNodeRemoved({ did: "did:pqaid:dave" }),
    );
    const { traceId, spanId } = span.spanContext();
    expect(lines()[0]?.["governance"]).toMatchObject({ traceId, spanId });
  });

  test("writes before the helper returns, in one order with the app's own lines", () => {
    const { logger, lines } = keptLogger();
    const { log } = watched(logger);
    const written: string[] = [];
    for (let node = 0; node < 50; node++) {
      written.push(log(node));
      logger.info("the app's own");
      written.push("the app's own");
      expect(messagesOf(lines())).toEqual(written);
    }
  });

  test("writes under the key of the options, at the level of the options", () => {
    const { logger, lines } = keptLogger({ level: "trace" });
    const { audit } = watched(logger, { key: "audit", level: () => "trace" });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(lines()).toMatchObject([{ level: 10, audit: { actorDid: "did:pqaid:dave" } }]);
    expect(lines()[0]).not.toHaveProperty("governance");
  });

  test("ignores records that no log has sealed", async () => {
    const { logger, texts } = keptLogger();
    const provider = new LoggerProvider({ processors: [pinoMirror(logger)] });
    const attributes = { "governance.operation": "vote_cast" };
    provider.getLogger("app").emit({ body: "hello", attributes });
    await provider.shutdown();
    expect(texts).toEqual([]);
  });

  test("writes as a processor of the app's own provider too, until it is shut down", async () => {
    const { logger, lines } = keptLogger();
    const mirror = pinoMirror(logger);
    const processor = new AuditLogProcessor();
    const loggerProvider = new LoggerProvider({ processors: [processor, mirror] });
    const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
    audit.logNodeRemoved({ did: "did:1" });
    await mirror.shutdown();
    audit.logNodeRemoved({ did: "did:2" });
    expect(messagesOf(lines())).toEqual(["node_removed did:1"]);
  });
});

describe("the app's own options of the pino logger", () => {
  test("redact what they redact anywhere", () => {
    const redact = { paths: ["governance.actorDid", "governance.details.*"], censor: "***" };
    const { logger, lines } = keptLogger({ redact });
    const { audit } = watched(logger);
    const entry = audit.log({
      operation: "policy_updated",
      actorDid: "did:pqaid:alice",
      details: { email: "alice@example.org" },
    });
    expect(lines()[0]).toMatchObject({
      governance: { actorDid: "***", details: { email: "***" } },
    });
    expect(entry).toMatchObject({
      actorDid: "did:pqaid:alice",
      details: { email: "alice@example.org" },
    });
  });

  test.each<[what: string, options: LoggerOptions, wanted: object]>([
    [
      "a serializer of the key",
      { serializers: { governance: ({ operation }) => operation } },
      { governance: "node_removed" },
    ],
    ["a mixin", { mixin: () => ({ release: 7 }) }, { release: 7, governance: { sequence: 0 } }],
    [
      "a formatter",
      { formatters: { level: (label) => ({ severity: label }), log: (o) => ({ ...o, by: "us" }) } },
      { severity: "warn", by: "us", governance: { sequence: 0 } },
    ],
    [
      "a logMethod hook",
      {
        hooks: {
          logMethod(args, method) {
            method.apply(this, [args[0], `> ${args[1]}`] as never);
          },
        },
      },
      { msg: "> node_removed did:pqaid:dave" },
    ],
    ["a messageKey", { messageKey: "message" }, { message: "node_removed did:pqaid:dave" }],
    ["a msgPrefix", { msgPrefix: "[audit] " }, { msg: "[audit] node_removed did:pqaid:dave" }],
    ["a nestedKey", { nestedKey: "payload" }, { payload: { governance: { sequence: 0 } } }],
    ["a name and no base", { base: null, timestamp: false }, { level: 40 }],
    ["the standard serializers", { serializers: stdSerializers }, { governance: { sequence: 0 } }],
  ])("apply: %s", (_, options, wanted) => {
    expect(lineOf(options)).toMatchObject(wanted);
  });

  test("do not make the message a format string", () => {
    expect(lineOf({}, "did:%s%d%%%j")["msg"]).toBe("node_removed did:%s%d%%%j");
  });

  test("apply to a child with its bindings, serializers and redaction", () => {
    const { logger, lines } = keptLogger({ name: "clinic" });
    const child = logger.child(
      { part: "audit" },
      { redact: ["governance.id"], msgPrefix: "audit: ", level: "warn" },
    );
    const { audit } = watched(child);
    for (const { call } of OPERATION_CALLS) call(audit);
    expect(lines()).toHaveLength(3);
    expect(lines()[0]).toMatchObject({
      name: "clinic",
      part: "audit",
      msg: expect.stringMatching(/^audit: byzantine_detected /),
      governance: { id: "[Redacted]" },
    });
  });

  test("leave out what their level leaves out, and write what a changed level lets through", async () => {
    const { logger, lines } = keptLogger({ level: "error" });
    const { audit, log, errors } = watched(logger);
    log(1);
    logger.level = "info";
    log(2);
    logger.level = "silent";
    log(3);
    await audit.flush();
    expect(messagesOf(lines())).toEqual(["node_removed did:2"]);
    expect(errors).toEqual([]);
  });

  test("choose among the levels of the targets of a multistream", () => {
    const all: string[] = [];
    const errorsOnly: string[] = [];
    const streams = [
      { stream: keepingText(all) },
      { level: "error" as const, stream: keepingText(errorsOnly) },
    ];
    const { audit } = watched(pino({}, multistream(streams)));
    for (const { call } of OPERATION_CALLS) call(audit);
    expect([all.length, errorsOnly.length]).toEqual([8, 1]);
  });

  test("give each logger fields of its own", () => {
    const masked = keptLogger({
      formatters: {
        log: (line) => {
          (line["governance"] as { actorDid: string }).actorDid = "***";
          return line;
        },
      },
    });
    const plain = keptLogger();
    const audit = new GovernanceAuditLog({
      mirrors: [pinoMirror(masked.logger), pinoMirror(plain.logger)],
    });
    const entry = audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(masked.lines()).toMatchObject([{ governance: { actorDid: "***" } }]);
    expect(plain.lines()).toMatchObject([{ governance: { actorDid: "did:pqaid:dave" } }]);
    expect(entry.actorDid).toBe("did:pqaid:dave");
  });
});

describe("the levels of a pino mirror", () => {
  const numbersOf = (lines: readonly PinoLine[]): unknown[] => lines.map(({ level }) => level);
  const calls = OPERATION_CALLS.slice(3, 6); // an error, information, a warning

  test("are the usual ones where custom levels are added", () => {
    const { logger, lines } = keptLogger({ customLevels: { audit: 35 } });
    const { audit } = watched(logger);
    for (const { call } of calls) call(audit);
    expect(numbersOf(lines())).toEqual([50, 30, 40]);
  });

  test("can be a custom one", () => {
    const { logger, lines } = keptLogger({ customLevels: { audit: 35 } });
    const { audit, errors } = watched(logger, { level: () => "audit" });
    for (const { call } of calls) call(audit);
    expect(numbersOf(lines())).toEqual([35, 35, 35]);
    expect(errors).toEqual([]);
  });

  test("can be one that only a child has", () => {
    const { logger, lines } = keptLogger();
    const child = logger.child({}, { customLevels: { audit: 35 } });
    const { audit, errors } = watched(child, { level: () => "audit" });
    for (const { call } of calls) call(audit);
    expect(numbersOf(lines())).toEqual([35, 35, 35]);
    expect(errors).toEqual([]);
  });

  test.each<[how: string, options: LoggerOptions<string>, wanted: number[]]>([
    [
      "where they rise",
      { level: "trail", customLevels: { alarm: 30, remark: 20, trail: 10 } },
      [30, 10, 20],
    ],
    [
      "where they fall",
      {
        level: "trail",
        customLevels: { trail: 3, alarm: 1, remark: 2 },
        levelComparison: "DESC",
      },
      [1, 3, 2],
    ],
    [
      "where the app compares them",
      {
        level: "trail",
        customLevels: { alarm: 7, trail: 90, remark: 5 },
        levelComparison: (level, threshold) => Math.abs(level - 7) <= Math.abs(threshold - 7),
      },
      [7, 90, 5],
    ],
    ["where there is one", { level: "trail", customLevels: { trail: 5 } }, [5, 5, 5]],
    ["by their names", { level: "ERR", customLevels: { INFO: 9, WARN: 5, ERR: 1 } }, [1, 9, 5]],
  ])("are the nearest of only custom levels: %s", (_, options, wanted) => {
    const { logger, lines } = keptLogger({ ...options, useOnlyCustomLevels: true });
    const { audit, errors } = watched(logger);
    for (const { call } of calls) call(audit);
    expect(numbersOf(lines())).toEqual(wanted);
    expect(errors).toEqual([]);
  });
});
