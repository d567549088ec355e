import { context, ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  createLoggerConfigurator,
  type LoggerConfig,
  LoggerProvider,
} from "@opentelemetry/sdk-logs";
import { afterEach, describe, expect, test } from "vitest";
import type { AuditErrorCode } from "../../src/index.js";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { type AttachedLog, attachedLog } from "../fixtures/attached-log.js";
import { EVIDENCE, NODE } from "../fixtures/domain-objects.js";
import { refusal } from "../fixtures/recorded-log.js";
import { processorThat } from "../fixtures/recording-mirror.js";

afterEach(() => {
  context.disable();
});

/** Configures the loggers of this package, and leaves all others as usual. */
const ours = (config: LoggerConfig) => ({
  loggerConfigurator: createLoggerConfigurator([{ pattern: "quorumlog", config }]),
});

/** A helper call fails, and the next record of the app gets the sequence that was not used. */
function expectNotRecorded(
  log: AttachedLog,
  code: AuditErrorCode = "not_recorded",
): ReturnType<typeof refusal> {
  const error = refusal(() => log.audit.logNodeAdded(NODE));
  expect(error.code).toBe(code);
  expect(error.message).toContain("nothing was recorded");
  expect(log.audit.length).toBe(0);
  expect(log.audit.ledger().accepted).toBe(0);
  expect(log.mirror.records).toEqual([]);
  expect(log.after.records).toEqual([]);
  expect(log.errors).toEqual([]);
  return error;
}

const nextSequence = ({ provider, audit }: AttachedLog): number | undefined => {
  provider.getLogger("app").emit({
    severityNumber: SeverityNumber.FATAL,
    attributes: { "governance.operation": "policy_updated" },
  });
  return audit.entries({ operation: "policy_updated" })[0]?.sequence;
};

describe("a helper throws not_recorded and uses no sequence", () => {
  test("when its scope is disabled", () => {
    const log = attachedLog({ provider: ours({ enabled: false }) });
    expectNotRecorded(log);
    expect(nextSequence(log)).toBe(0);
  });

  test("when the minimum severity is above the severity of the operation", () => {
    const log = attachedLog({ provider: ours({ minimumSeverity: SeverityNumber.ERROR }) });
    expectNotRecorded(log);
    expect(log.audit.logByzantineDetected(EVIDENCE).sequence).toBe(0);
  });

  test("in an unsampled trace, if the scope is trace-based", () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const log = attachedLog({ provider: ours({ traceBased: true }) });
    const spanContext = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
    const within = (traceFlags: TraceFlags) =>
      trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, traceFlags });
    context.with(within(TraceFlags.NONE), () => expectNotRecorded(log));
    context.with(within(TraceFlags.SAMPLED), () => {
      expect(log.audit.logNodeAdded(NODE)).toMatchObject({
        sequence: 0,
        traceId: spanContext.traceId,
      });
    });
  });

  test("when the processor is not one of the provider's", () => {
    const log = attachedLog();
    const elsewhere = GovernanceAuditLog.attach({
      loggerProvider: new LoggerProvider({ processors: [new AuditLogProcessor()] }),
      processor: log.processor,
    });
    expectNotRecorded({ ...log, audit: elsewhere });
    expect(nextSequence(log)).toBe(0);
  });

  test("when the provider has no processors at all", () => {
    const log = attachedLog();
    const provider = new LoggerProvider();
    const audit = GovernanceAuditLog.attach({ loggerProvider: provider, processor: log.processor });
    expectNotRecorded({ ...log, audit });
  });

  test("when a processor ahead of the log throws, with that error as the cause", () => {
    const cause = new Error("no room");
    const log = attachedLog({
      ahead: [
        processorThat((record) => {
          if (record.instrumentationScope.name === "quorumlog") throw cause;
        }),
      ],
    });
    expect(expectNotRecorded(log).cause).toBe(cause);
    expect(nextSequence(log)).toBe(0);
  });

  test("when the clock throws, with that error as the cause", () => {
    const cause = new Error("no time");
    let broken = true;
    const log = attachedLog({
      clock: () => {
        if (broken) throw cause;
        return new Date();
      },
    });
    expect(expectNotRecorded(log).cause).toBe(cause);
    broken = false;
    expect(nextSequence(log)).toBe(0);
  });
});

describe("a helper throws closed", () => {
  test("after a shutdown of the app's provider, which also shuts the log down", async () => {
    const log = attachedLog();
    await log.provider.shutdown();
    expectNotRecorded(log, "closed");
    expect(log.mirror.shutdowns).toBe(1);
  });

  test("as soon as a shutdown has begun", async () => {
    const log = attachedLog();
    const shutdown = log.audit.shutdown();
    expectNotRecorded(log, "closed");
    await shutdown;
    expectNotRecorded(log, "closed");
  });

  test("before it calls the redact hook", async () => {
    let asked = 0;
    const log = attachedLog({
      redact: (event) => {
        asked++;
        return event;
      },
    });
    await log.audit.shutdown();
    expectNotRecorded(log, "closed");
    expect(asked).toBe(0);
  });
});

describe("a processor after the log that throws", () => {
  test("is reported, and the entry is recorded and returned", () => {
    const cause = new Error("no room");
    const log = attachedLog({
      behind: [
        processorThat(() => {
          throw cause;
        }),
      ],
    });
    const entry = log.audit.logNodeAdded(NODE);
    expect(log.audit.entries()).toEqual([entry]);
    expect(log.mirror.records).toHaveLength(1);
    expect(log.errors).toMatchObject([{ code: "delivery_failed", cause }]);
  });
});
