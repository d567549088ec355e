import { context, SeverityNumber, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test } from "vitest";
import { config, createLogger, format, transports } from "winston";
import { type AuditEntry, GovernanceAuditLog } from "../../src/index.js";
import { winstonMirror } from "../../src/winston/index.js";
import { keeping, type Line, memoryLogger } from "../fixtures/memory-logger.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";

afterEach(() => {
  context.disable();
});

/** Calls the eight helpers, with a winston logger behind. */
async function eightLines(): Promise<{
  lines: Line[];
  entries: AuditEntry[];
  audit: GovernanceAuditLog;
}> {
  const lines: Line[] = [];
  const logger = createLogger({ transports: [keeping(lines)] });
  const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
  const entries = OPERATION_CALLS.map(({ call }) => call(audit));
  await audit.flush();
  return { lines, entries, audit };
}

describe("a log with a winston mirror", () => {
  test("writes a line in words for each of the eight helpers", async () => {
    const { lines } = await eightLines();
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
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

  test("writes the whole entry as metadata under one key", async () => {
    const { lines, entries, audit } = await eightLines();
    expect(lines.map((line) => line["governance"])).toEqual(
      entries.map((entry) => ({ ...entry, logId: audit.logId })),
    );
    expect(Object.keys(lines[0] ?? {})).toEqual(["level", "message", "governance"]);
  });

  test("keeps in the metadata what no attribute holds", async () => {
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    const details = {
      limits: [{ max: 3, of: null }],
      NotSnakeCase: true,
      unsafe: 2 ** 60,
      ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key_${i}`, i])),
    };
    audit.log({
      operation: "policy_updated",
      details,
      timestamp: new Date("2020-02-02T02:02:02.002Z"),
    });
    await audit.flush();
    expect(lines[0]?.["governance"]).toMatchObject({
      timestamp: "2020-02-02T02:02:02.002Z",
      recordedAt: audit.get(0)?.recordedAt,
      details,
    });
  });

  test("writes the ids of the span that was active", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    const span = new TracerProvider().getTracer("test").startSpan("vote");
    context.with(trace.setSpan(context.active(), span), () =>
      audit.logNodeRemoved({ did: "did:pqaid:dave" }),
    );
    const { traceId, spanId } = span.spanContext();
    expect(lines[0]?.["governance"]).toMatchObject({ traceId, spanId });
  });

  test("writes at once, in the order of sequence, what the app sees when the helper returns", () => {
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    for (let i = 0; i < 100; i++) {
      audit.logNodeRemoved({ did: `did:pqaid:node-${i}` });
      expect(lines.at(-1)?.message).toBe(`node_removed did:pqaid:node-${i}`);
    }
  });

  test("writes one JSON line through the json format, and one readable line through simple", async () => {
    const json = memoryLogger({ format: format.json() });
    const simple = memoryLogger({ format: format.simple() });
    await using audit = new GovernanceAuditLog({
      mirrors: [winstonMirror(json.logger), winstonMirror(simple.logger)],
    });
    audit.logNodeRemoved({ did: "did:pqaid:dave\nfaked" });
    await audit.flush();
    expect(json.text().match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(json.text())).toMatchObject({
      level: "warn",
      governance: { actorDid: "did:pqaid:dave\nfaked" },
    });
    expect(simple.text().match(/\n/g)).toHaveLength(1);
    expect(simple.text()).toMatch(/^warn: node_removed "did:pqaid:dave\\nfaked" \{/);
  });

  test("leaves percent signs alone, which the splat format replaces", async () => {
    const { logger, text } = memoryLogger({
      format: format.combine(
        format.splat(),
        format.printf((line) => String(line.message)),
      ),
    });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    audit.logNodeRemoved({ did: "did:pqaid:%s%d%%%j" });
    expect(text()).toBe("node_removed did:pqaid:%s%d%%%j\n");
  });

  test("keeps the logger's default metadata, a child's too", async () => {
    const lines: Line[] = [];
    const logger = createLogger({
      transports: [keeping(lines)],
      defaultMeta: { service: "clinic" },
    });
    await using audit = new GovernanceAuditLog({
      mirrors: [winstonMirror(logger.child({ part: "audit" }))],
    });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(lines[0]).toMatchObject({
      service: "clinic",
      part: "audit",
      message: "node_removed did:pqaid:dave",
    });
  });

  test("shows its fields where a child has metadata under the same key", async () => {
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    const child = logger.child({ governance: "clinic" });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(child)] });
    const { leafHash } = audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(lines[0]?.["governance"]).toMatchObject({ leafHash });
  });

  test("gives every logger metadata of its own, since formats change what they are given", async () => {
    const lines: Line[] = [];
    const masking = format((line) => {
      (line["governance"] as { actorDid?: string }).actorDid = "***";
      return line;
    });
    const audit = new GovernanceAuditLog({
      mirrors: [
        winstonMirror(createLogger({ format: masking(), transports: [keeping(lines)] })),
        winstonMirror(createLogger({ transports: [keeping(lines)] })),
      ],
    });
    const entry = audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(lines.map((line) => line["governance"])).toMatchObject([
      { actorDid: "***" },
      { actorDid: "did:pqaid:dave" },
    ]);
    expect(entry.actorDid).toBe("did:pqaid:dave");
  });

  test("writes under the key of the options, at the level of the options", async () => {
    const lines: Line[] = [];
    const logger = createLogger({ level: "silly", transports: [keeping(lines)] });
    const severities: (SeverityNumber | undefined)[] = [];
    const mirror = winstonMirror(logger, {
      key: "audit",
      level: (record) => {
        severities.push(record.severityNumber);
        return "http";
      },
    });
    await using audit = new GovernanceAuditLog({ mirrors: [mirror] });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(lines).toMatchObject([{ level: "http", audit: { actorDid: "did:pqaid:dave" } }]);
    expect(lines[0]).not.toHaveProperty("governance");
    expect(severities).toEqual([SeverityNumber.WARN]);
  });

  test.each([
    ["npm", config.npm.levels, ["info", "warn", "error"]],
    ["syslog", config.syslog.levels, ["info", "warning", "error"]],
    ["cli", config.cli.levels, ["info", "warn", "error"]],
    ["the app's own", { alarm: 0, remark: 1, trail: 2, noise: 3 }, ["trail", "remark", "alarm"]],
  ])("writes at levels of the logger's set: %s", async (_, levels, expected) => {
    const lines: Line[] = [];
    const level = Object.keys(levels).at(-1) ?? "";
    const logger = createLogger({ levels, level, transports: [keeping(lines)] });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    for (const { call } of OPERATION_CALLS.slice(3).toReversed()) call(audit);
    const [info, warn, error] = expected;
    expect(lines.map((line) => line.level)).toEqual([warn, info, warn, info, error]);
  });

  test("respects the levels and the silence that the app chose", async () => {
    const lines: Line[] = [];
    const quiet: Line[] = [];
    const logger = createLogger({
      level: "warn",
      transports: [
        keeping(lines),
        keeping(quiet, { level: "error" }),
        new transports.Console({ silent: true }),
      ],
    });
    await using audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
    for (const { call } of OPERATION_CALLS) call(audit);
    await audit.flush();
    expect(lines.map((line) => line.level)).toEqual(["error", "warn", "warn"]);
    expect(quiet.map((line) => line.level)).toEqual(["error"]);
  });

  test("ignores records that no log has sealed", async () => {
    const lines: Line[] = [];
    const mirror = winstonMirror(createLogger({ transports: [keeping(lines)] }));
    const provider = new LoggerProvider({ processors: [mirror] });
    provider
      .getLogger("app")
      .emit({ body: "hello", attributes: { "governance.operation": "vote_cast" } });
    await provider.shutdown();
    expect(lines).toEqual([]);
  });
});
