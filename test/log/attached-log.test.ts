import { logs } from "@opentelemetry/api";
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordProcessor,
  type ReadWriteLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { afterEach, describe, expect, test } from "vitest";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { attachedLog } from "../fixtures/attached-log.js";
import { NODE, PROPOSAL, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { refusal } from "../fixtures/recorded-log.js";
import { processorThat, RecordingMirror } from "../fixtures/recording-mirror.js";

afterEach(() => {
  logs.disable();
});

describe("a log in the app's own provider", () => {
  test("shows the sealed record to processors after it only", () => {
    const before = new RecordingMirror();
    const { audit, mirror, after } = attachedLog({ ahead: [before] });
    const entry = audit.logVoteCast(SIGNED_VOTE);
    const [line] = audit.lines();
    expect(after.seen).toEqual(mirror.seen);
    expect(after.seen[0]).toMatchObject({
      eventName: "governance.vote_cast",
      body: line,
      attributes: {
        "governance.log.id": audit.logId,
        "governance.leaf_hash": entry.leafHash,
        "governance.details.vote_id": "urn:pqc-gov-vote:c472f7",
      },
    });
    expect(before.seen[0]?.body).toBeUndefined();
    expect(before.seen[0]?.attributes).not.toHaveProperty("governance.log.id");
    expect(before.seen[0]?.attributes).not.toHaveProperty("governance.leaf_hash");
    expect(before.records[0]).toBe(after.records[0]);
  });

  test("hands each record once to its mirrors, and once to the app's processors", () => {
    const { audit, mirror, after } = attachedLog();
    audit.logNodeAdded(NODE);
    audit.logNodeRemoved(NODE);
    expect(mirror.sequences).toEqual([0, 1]);
    expect(after.sequences).toEqual([0, 1]);
    expect(mirror.records[0]).toBe(after.records[0]);
  });

  test("works beside the SDK's own processors and exporters", async () => {
    const [batched, simple] = [new InMemoryLogRecordExporter(), new InMemoryLogRecordExporter()];
    const { provider, audit } = attachedLog({
      behind: [
        new BatchLogRecordProcessor({ exporter: batched }),
        new SimpleLogRecordProcessor({ exporter: simple }),
      ],
    });
    for (let index = 0; index < 5; index++) audit.logProposalCreated(PROPOSAL);
    await provider.forceFlush();
    const lines = [...audit.lines()];
    expect(batched.getFinishedLogRecords().map(({ body }) => body)).toEqual(lines);
    expect(simple.getFinishedLogRecords().map(({ body }) => body)).toEqual(lines);
  });

  test("answers the same queries on the processor and on the log", () => {
    const { audit, processor } = attachedLog();
    audit.logProposalCreated(PROPOSAL);
    audit.logVoteCast(SIGNED_VOTE);
    expect(processor.entries()).toEqual(audit.entries());
    expect(processor.page({ limit: 1 })).toEqual(audit.page({ limit: 1 }));
    expect(processor.count({ operation: "vote_cast" })).toBe(1);
    expect(processor.get(1)).toBe(audit.get(1));
    expect([...processor.lines()]).toEqual([...audit.lines()]);
    expect(processor.ledger()).toEqual(audit.ledger());
    expect(processor.length).toBe(audit.length);
    expect(processor.logId).toBe(audit.logId);
    processor.clear();
    expect(audit.length).toBe(0);
  });

  test("can be attached twice, and both attached logs share one sequence", () => {
    const { provider, processor, audit } = attachedLog();
    const second = GovernanceAuditLog.attach({ loggerProvider: provider, processor });
    expect(
      [audit.logNodeAdded(NODE), second.logNodeAdded(NODE)].map(({ sequence }) => sequence),
    ).toEqual([0, 1]);
    expect(second.entries()).toEqual(audit.entries());
  });

  test("carries the resource of the provider and the scope of this package", () => {
    const { provider, audit, after } = attachedLog();
    audit.logNodeAdded(NODE);
    provider.getLogger("app").emit({ body: "hello" });
    expect(after.records[0]?.resource).toBe(after.records[1]?.resource);
    expect(after.records[0]?.instrumentationScope).toMatchObject({
      name: "quorumlog",
      version: "0.1.0",
    });
  });

  test("lets the app's other records pass untouched and unstored", () => {
    const { provider, audit, mirror, after } = attachedLog();
    provider
      .getLogger("app")
      .emit({ eventName: "request", body: "GET /", attributes: { "http.status": 200 } });
    expect(after.seen).toEqual([
      { eventName: "request", body: "GET /", attributes: { "http.status": 200 } },
    ]);
    expect(mirror.records).toEqual([]);
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
  });

  test("seals what was logged, even if a processor ahead changes the record", () => {
    const meddler = processorThat((record) => {
      record.setBody("forged");
      record.setEventName("forged");
      record.setAttribute("governance.actor.did", "did:pqaid:mallory");
      record.setAttribute("governance.sequence", 99);
      record.setAttribute("governance.details.vote_id", "forged");
      record.setAttribute("deployment", "blue");
      record.hrTime = [0, 0];
    });
    const { audit, after } = attachedLog({ ahead: [meddler] });
    const entry = audit.logVoteCast(SIGNED_VOTE);
    expect(entry.actorDid).toBe("did:pqaid:bob");
    expect(after.seen[0]).toMatchObject({
      eventName: "governance.vote_cast",
      body: [...audit.lines()][0],
      attributes: {
        "governance.actor.did": "did:pqaid:bob",
        "governance.sequence": 0,
        "governance.details.vote_id": "urn:pqc-gov-vote:c472f7",
        deployment: "blue",
      },
    });
    expect(after.records[0]?.hrTime[0]).toBeGreaterThan(0);
  });

  test("records first what a processor ahead logs itself", () => {
    const curious = processorThat((record) => {
      if (record.eventName === "governance.node_added") audit.log({ operation: "looked_at" });
    });
    const { audit, after } = attachedLog({ ahead: [curious] });
    expect(audit.logNodeAdded(NODE).sequence).toBe(1);
    expect(after.seen.map(({ eventName }) => eventName)).toEqual([
      "governance.looked_at",
      "governance.node_added",
    ]);
  });

  test("seals all attributes, even beyond the attribute limits of the provider", () => {
    const { audit, after } = attachedLog({
      provider: { logRecordLimits: { attributeCountLimit: 3, attributeValueLengthLimit: 10 } },
    });
    const entry = audit.logProposalCreated(PROPOSAL);
    expect(after.seen[0]?.body).toBe([...audit.lines()][0]);
    expect(Object.keys(after.seen[0]?.attributes ?? {})).toHaveLength(14);
    expect(after.seen[0]?.attributes).toMatchObject({
      "governance.leaf_hash": entry.leafHash,
      "governance.subject.id": "did:pqaid:medical-ai-v2",
      "governance.details.title": "Run medical-ai-v2 in the clinic",
    });
    expect(after.records[0]?.droppedAttributesCount).toBe(0);
  });
});

describe("the draft of a helper call", () => {
  test("is not sealed into another record that a processor ahead emits in the same context", () => {
    const companion: LogRecordProcessor = processorThat((record, within) => {
      if (record.eventName?.startsWith("governance."))
        provider.getLogger("companion").emit({ body: "seen", ...(within && { context: within }) });
    });
    const after = new RecordingMirror();
    const processor = new AuditLogProcessor();
    const provider = new LoggerProvider({ processors: [companion, processor, after] });
    const audit = GovernanceAuditLog.attach({ loggerProvider: provider, processor });
    audit.logNodeAdded(NODE);
    expect(after.seen.map(({ body }) => body)).toEqual(["seen", [...audit.lines()][0]]);
  });

  test("cannot be committed any more after its helper has thrown", () => {
    const processor = new AuditLogProcessor();
    const late: (() => void)[] = [];
    const deferring = processorThat((record, within) => {
      late.push(() => processor.onEmit(record, within));
    });
    const provider = new LoggerProvider({ processors: [deferring] });
    const audit = GovernanceAuditLog.attach({ loggerProvider: provider, processor });
    expect(refusal(() => audit.logNodeAdded(NODE)).message).toContain("nothing was recorded");
    for (const pass of late) pass();
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
  });

  test("is not recorded, and reaches no mirror, if a processor ahead froze the attributes", () => {
    const freezing = processorThat((record: ReadWriteLogRecord) => {
      Object.freeze(record.attributes);
    });
    const { audit, mirror } = attachedLog({ ahead: [freezing] });
    expect(refusal(() => audit.logNodeAdded(NODE)).code).toBe("not_recorded");
    expect(mirror.records).toHaveLength(0);
    expect(audit.ledger().accepted).toBe(0);
  });
});

describe("two logs in one provider", () => {
  const twoLogs = () => {
    const processors = [
      new AuditLogProcessor({ logId: "first" }),
      new AuditLogProcessor({ logId: "second" }),
    ];
    const after = new RecordingMirror();
    const provider = new LoggerProvider({ processors: [...processors, after] });
    const [first, second] = processors.map((processor) =>
      GovernanceAuditLog.attach({ loggerProvider: provider, processor }),
    ) as [GovernanceAuditLog, GovernanceAuditLog];
    return { provider, after, first, second };
  };

  test("each seal what was logged through them, and nothing of the other log", () => {
    const { after, first, second } = twoLogs();
    first.logNodeAdded(NODE);
    second.logNodeRemoved(NODE);
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(first.entries()[0]?.operation).toBe("node_added");
    expect(second.entries()[0]?.operation).toBe("node_removed");
    expect(after.attribute("governance.log.id")).toEqual([first.logId, second.logId]);
  });

  test("seal a record of the app once: the first of the two logs does", () => {
    const { provider, after, first, second } = twoLogs();
    provider.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
    expect([first.length, second.length]).toEqual([1, 0]);
    expect(after.attribute("governance.log.id")).toEqual([first.logId]);
  });
});

describe("a log as the mirror of another", () => {
  test("does not seal a sealed record again", () => {
    const archive = new AuditLogProcessor({ logId: "archive" });
    const audit = new GovernanceAuditLog({ mirrors: [archive] });
    audit.logNodeAdded(NODE);
    expect(archive.length).toBe(0);
    expect(archive.refusedRecords).toBe(0);
  });
});

describe("a log attached to the global provider", () => {
  test("records as soon as a provider is registered, even if it was attached before", () => {
    const processor = new AuditLogProcessor();
    const audit = GovernanceAuditLog.attach({
      loggerProvider: logs.getLoggerProvider(),
      processor,
    });
    expect(refusal(() => audit.logNodeAdded(NODE)).code).toBe("not_recorded");
    logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [processor] }));
    expect(audit.logNodeAdded(NODE).sequence).toBe(0);
  });
});

describe("a stand-alone log", () => {
  test("neither sets nor needs anything global", () => {
    const audit = new GovernanceAuditLog();
    expect(audit.logNodeAdded(NODE).sequence).toBe(0);
    logs.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
    expect(audit.length).toBe(1);
  });
});

describe("a processor ahead of the log that sets the observed time", () => {
  test("does not prevent the sealing of a helper's record", () => {
    const restamping = processorThat((record) => {
      record.hrTimeObserved = [1, 1];
    });
    const { audit, after } = attachedLog({ ahead: [restamping] });
    const entry = audit.logNodeAdded(NODE);
    expect(audit.entries()).toEqual([entry]);
    expect(after.seen.map(({ body }) => body)).toEqual([...audit.lines()]);
  });

  test("causes no entry that differs from the helper's, and none if the helper throws", () => {
    const restamping = processorThat((record) => {
      record.hrTimeObserved = [1, 1];
      record.setAttribute("governance.operation", "forged");
    });
    const { audit } = attachedLog({ ahead: [restamping] });
    let operation: string | undefined;
    try {
      operation = audit.logNodeAdded(NODE).operation;
    } catch {
      // nothing was recorded
    }
    expect(audit.entries().map((entry) => entry.operation)).toEqual(
      operation === undefined ? [] : ["node_added"],
    );
  });
});
