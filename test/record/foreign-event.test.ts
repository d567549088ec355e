import { type LogRecord, SeverityNumber } from "@opentelemetry/api";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type AttachedLogParts, attachedLog } from "../fixtures/attached-log.js";
import { atNoon, NODE, NOON } from "../fixtures/domain-objects.js";
import { processorThat } from "../fixtures/recording-mirror.js";

/** Lets the app's own logger emit one record. */
function emitted(record: LogRecord, parts: AttachedLogParts = {}) {
  const log = attachedLog({ clock: atNoon, ...parts });
  log.provider.getLogger("app").emit(record);
  return { ...log, entry: log.audit.entries()[0], seen: log.after.seen[0] };
}

const POLICY = { "governance.operation": "policy_updated" };

describe("a record of the app's own logger with a governance.operation", () => {
  test("becomes an entry: columns from their attributes, details from the rest, the body as details.body", () => {
    const { audit, entry, errors } = emitted({
      body: { note: "tightened", limits: [1, 2] },
      attributes: {
        "governance.operation": "policy_updated",
        "governance.proposal.id": "p1",
        "governance.subject.id": "policy/rate-limit",
        "governance.kind": "update-policy",
        "governance.actor.did": "did:pqaid:alice",
        "governance.decision": "passed",
        "governance.details.limit": 5,
        "governance.details.window": { seconds: 60 },
        "http.route": "/policies",
        tags: ["a", "b"],
      },
    });
    const { id: _, leafHash: __, ...rest } = entry ?? expect.fail("not stored");
    expect(rest).toStrictEqual({
      sequence: 0,
      timestamp: NOON,
      operation: "policy_updated",
      proposalId: "p1",
      subjectId: "policy/rate-limit",
      kind: "update-policy",
      actorDid: "did:pqaid:alice",
      decision: "passed",
      details: {
        limit: 5,
        window: { seconds: 60 },
        "http.route": "/policies",
        tags: ["a", "b"],
        body: { note: "tightened", limits: [1, 2] },
      },
    });
    expect(errors).toEqual([]);
    expect(audit.ledger().accepted).toBe(1);
  });

  test("is sealed in place, beside the attributes that the app gave it", () => {
    const { audit, seen, mirror, after } = emitted({
      eventName: "policy.updated",
      severityNumber: SeverityNumber.DEBUG,
      body: "tightened",
      attributes: { ...POLICY, "http.route": "/policies" },
    });
    expect(seen).toMatchObject({
      eventName: "governance.policy_updated",
      body: [...audit.lines()][0],
      attributes: {
        "governance.log.id": audit.logId,
        "governance.sequence": 0,
        "governance.details.body": "tightened",
        "http.route": "/policies",
      },
    });
    expect(after.records[0]?.severityNumber).toBe(SeverityNumber.INFO);
    expect(mirror.seen).toEqual(after.seen);
  });

  test("has no severity text, once sealed, that contradicts its severity", () => {
    const { after } = emitted({
      severityNumber: SeverityNumber.DEBUG,
      severityText: "DEBUG",
      attributes: { "governance.operation": "byzantine_detected" },
    });
    expect(after.records[0]).toMatchObject({
      severityNumber: SeverityNumber.ERROR,
      severityText: "ERROR",
    });
  });

  test("is one of the eight like any other, and its vocabulary holds", () => {
    const vote = (decision: string) => ({
      attributes: { "governance.operation": "vote_cast", "governance.decision": decision },
    });
    expect(emitted(vote("approve")).entry).toMatchObject({
      operation: "vote_cast",
      decision: "approve",
    });
    expect(emitted(vote("maybe")).errors).toMatchObject([
      { code: "invalid_entry", field: "decision" },
    ]);
  });

  test("shares the sequence with the helpers", () => {
    const { audit, provider } = emitted({ attributes: POLICY });
    expect(audit.logNodeAdded(NODE).sequence).toBe(1);
    provider.getLogger("app").emit({ attributes: POLICY });
    expect(audit.entries()[0]?.sequence).toBe(2);
  });

  test("is seen by the redact hook, and what that takes away goes on nowhere", () => {
    const { audit, entry, seen, mirror } = emitted(
      {
        body: "mail from a@example.org",
        attributes: { ...POLICY, "user.email": "a@example.org", limit: 5 },
      },
      { redact: (event) => ({ ...event, details: { limit: event.details?.["limit"] } }) },
    );
    expect(entry?.details).toEqual({ limit: 5 });
    expect(seen?.attributes).toMatchObject({
      "governance.log.id": audit.logId,
      "governance.details.limit": 5,
    });
    expect(JSON.stringify([seen, mirror.seen])).not.toContain("example.org");
  });
});

describe("the time of a record of the app", () => {
  test("is the log's clock when the app gave none", () => {
    const { entry } = emitted({ attributes: POLICY });
    expect(entry?.timestamp).toBe(NOON);
    expect(entry).not.toHaveProperty("recordedAt");
  });

  test("is the log's clock too while the system's clock is not set", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 120_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { entry } = emitted({ attributes: POLICY });
    expect(entry?.timestamp).toBe(NOON);
    expect(entry).not.toHaveProperty("recordedAt");
  });

  test("is the timestamp that the app gave, with the time of recording beside it", () => {
    const { entry, after } = emitted({
      timestamp: new Date("2001-02-03T04:05:06.789Z"),
      attributes: POLICY,
    });
    expect(entry).toMatchObject({ timestamp: "2001-02-03T04:05:06.789Z", recordedAt: NOON });
    expect(after.records[0]?.hrTime).toEqual([Date.parse(NOON) / 1000 - 0.007, 7_000_000]);
    expect(after.seen[0]?.attributes["governance.timestamp_millis"]).toBe(
      Date.parse("2001-02-03T04:05:06.789Z"),
    );
  });

  test.each<[string, LogRecord]>([
    ["an HrTime", { timestamp: [981_173_106, 789_999_999] }],
    [
      "both times alike, long ago",
      { timestamp: [981_173_106, 789e6], observedTimestamp: [981_173_106, 789e6] },
    ],
    [
      "governance.timestamp_millis",
      { attributes: { "governance.timestamp_millis": 981_173_106_789 } },
    ],
    [
      "governance.timestamp_millis, which outranks the record's own",
      { timestamp: 0, attributes: { "governance.timestamp_millis": 981_173_106_789 } },
    ],
  ])("may be given as %s", (_, record) => {
    const { entry } = emitted({ ...record, attributes: { ...POLICY, ...record.attributes } });
    expect(entry).toMatchObject({
      timestamp: "2001-02-03T04:05:06.789Z",
      recordedAt: NOON,
      details: {},
    });
  });

  test.each([["2001-02-03"], [Number.NaN], [-1], [1e300], [true]])(
    "is refused when governance.timestamp_millis is %o",
    (millis) => {
      const { entry, errors } = emitted({
        attributes: { ...POLICY, "governance.timestamp_millis": millis },
      });
      expect(entry).toBeUndefined();
      expect(errors).toMatchObject([{ code: "invalid_entry" }]);
    },
  );
});

describe("a record of the app that cannot be recorded", () => {
  const CASES: readonly [what: string, record: LogRecord, field: string][] = [
    [
      "an operation that is none",
      { attributes: { "governance.operation": "Policy Updated" } },
      "operation",
    ],
    ["a reserved operation", { attributes: { "governance.operation": "checkpoint" } }, "operation"],
    ["an operation that is no string", { attributes: { "governance.operation": 7 } }, "operation"],
    [
      "an actor that is no string",
      { attributes: { ...POLICY, "governance.actor.did": 7 } },
      "actorDid",
    ],
    ["a lone surrogate", { attributes: { ...POLICY, note: "\ud800" } }, "details.note"],
    ["a body that is not JSON", { attributes: POLICY, body: new Uint8Array(2) }, "details.body"],
    ["a body with NaN", { attributes: POLICY, body: { rate: Number.NaN } }, "details.body.rate"],
    [
      "a body of more than 64 KiB",
      { attributes: POLICY, body: "x".repeat(70_000) },
      "details.body",
    ],
    [
      "a detail that is named twice",
      { attributes: { ...POLICY, limit: 1, "governance.details.limit": 2 } },
      "details.limit",
    ],
    [
      "a body beside a detail named body",
      { body: "x", attributes: { ...POLICY, body: "y" } },
      "details.body",
    ],
  ];

  test.each(CASES)("is reported, counted and passed on unsealed: %s", (_, record, field) => {
    const { audit, processor, mirror, after, errors, provider } = emitted(record);
    expect(errors).toMatchObject([{ code: "invalid_entry", field }]);
    expect(processor.refusedRecords).toBe(1);
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
    expect(mirror.records).toEqual([]);
    expect(after.records).toHaveLength(1);
    expect(after.seen[0]?.attributes).not.toHaveProperty("governance.log.id");
    provider.getLogger("app").emit({ attributes: POLICY });
    expect(audit.entries()[0]?.sequence).toBe(0);
  });

  test("was cut by the attribute limit of the provider", () => {
    const { audit, processor, errors } = emitted(
      { attributes: { ...POLICY, a: 1, b: 2, c: 3 } },
      { provider: { logRecordLimits: { attributeCountLimit: 3 } } },
    );
    expect(errors).toMatchObject([{ code: "invalid_entry", field: "attributes" }]);
    expect(errors[0]?.message).toContain("dropped 1 (raise attributeCountLimit)");
    expect(processor.refusedRecords).toBe(1);
    expect(audit.length).toBe(0);
  });

  test("came after the log was shut down", async () => {
    const log = attachedLog();
    await log.audit.shutdown();
    log.provider.getLogger("app").emit({ attributes: POLICY });
    expect(log.errors).toMatchObject([{ code: "closed" }]);
    expect(log.processor.refusedRecords).toBe(1);
    expect(log.audit.length).toBe(0);
    expect(log.after.records).toHaveLength(1);
  });

  test("met a clock or a hook that throws", () => {
    const broken = () => {
      throw new Error("broken");
    };
    expect(emitted({ attributes: POLICY }, { clock: broken }).errors).toMatchObject([
      { code: "not_recorded", cause: new Error("broken") },
    ]);
    expect(emitted({ attributes: POLICY }, { redact: broken }).errors).toMatchObject([
      { code: "invalid_entry", field: "redact", cause: new Error("broken") },
    ]);
  });

  test("does not make the app's emit throw, though onError does", () => {
    const log = attachedLog({
      onError: () => {
        throw new Error("onError is broken");
      },
    });
    log.provider.getLogger("app").emit({ attributes: { "governance.operation": "" } });
    expect(log.processor.refusedRecords).toBe(1);
    expect(log.after.records).toHaveLength(1);
  });
});

describe("a record that passes untouched", () => {
  test("is sealed already, by whatever log", () => {
    const attributes = { ...POLICY, "governance.log.id": "elsewhere/1", "governance.sequence": 7 };
    const { audit, processor, seen, errors, mirror } = emitted({
      body: "sealed elsewhere",
      attributes,
    });
    expect(seen).toEqual({ eventName: undefined, body: "sealed elsewhere", attributes });
    expect(audit.length).toBe(0);
    expect(mirror.records).toEqual([]);
    expect(processor.refusedRecords).toBe(0);
    expect(errors).toEqual([]);
  });

  test("has no governance.operation, whatever else of governance it has", () => {
    const attributes = { "governance.actor.did": "did:pqaid:alice", "governance.sequence": 7 };
    const { audit, seen, errors } = emitted({ body: "hello", attributes });
    expect(seen).toEqual({ eventName: undefined, body: "hello", attributes });
    expect(audit.length).toBe(0);
    expect(errors).toEqual([]);
  });

  test("is a sealed record that goes through the provider a second time", () => {
    const { audit, provider, after } = emitted({ attributes: POLICY });
    const sealed = after.records[0] ?? expect.fail("no record");
    provider.getLogger("app").emit({ body: sealed.body, attributes: sealed.attributes });
    expect(audit.length).toBe(1);
    expect(after.seen[1]?.attributes).toEqual(after.seen[0]?.attributes);
  });
});

describe("a mirror that emits a record of the app for every record", () => {
  test("comes to an end, and the last one is refused", () => {
    const echo = processorThat(() => {
      log.provider.getLogger("app").emit({ attributes: POLICY });
    });
    const log = attachedLog({ mirrors: [echo] });
    log.audit.logNodeAdded(NODE);
    expect(log.audit.length).toBe(9);
    expect(log.errors).toMatchObject([{ code: "not_recorded" }]);
    expect(log.processor.refusedRecords).toBe(1);
    expect(log.mirror.sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("a record of the app that turns out not to be writable", () => {
  test("passes on as it was, and not with the line of an entry that was never recorded", () => {
    const freezing = processorThat((record) => {
      Object.freeze(record.attributes);
    });
    const { provider, audit, after, processor } = attachedLog({ ahead: [freezing] });
    const attributes = { "governance.operation": "policy_updated" };
    provider.getLogger("app").emit({ eventName: "policy", body: "tightened", attributes });
    expect(processor.refusedRecords).toBe(1);
    expect(audit.length).toBe(0);
    expect(after.seen).toEqual([{ eventName: "policy", body: "tightened", attributes }]);
  });
});
