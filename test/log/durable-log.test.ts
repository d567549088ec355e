import { unlinkSync } from "node:fs";
import { ExportResultCode } from "@opentelemetry/core";
import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import {
  type AuditError,
  AuditLogProcessor,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
} from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import { failWith, ScriptedExporter } from "../fixtures/exporters.js";
import { newPath, thrownBy } from "../fixtures/journal.js";

let file: string;
const open: GovernanceAuditLog[] = [];

beforeEach(() => {
  file = newPath();
});
afterEach(async () => {
  for (const audit of open.splice(0)) await audit.shutdown({ timeoutMillis: 1 }).catch(() => {});
});

function started(options: GovernanceAuditLogOptions = {}): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({ journal: file, onError: () => {}, ...options });
  open.push(audit);
  return audit;
}

const mirrorOf = (exporter: ScriptedExporter, options = {}) =>
  new ReliableLogRecordProcessor({
    exporter,
    delayMillis: 1,
    initialBackoffMillis: 1,
    maxBackoffMillis: 2,
    ...options,
  });
const remove = (audit: GovernanceAuditLog, did: string) => audit.logNodeRemoved({ did });
const sequencesOf = (exporter: ScriptedExporter) =>
  exporter.batches.flat().map(({ attributes }) => attributes["governance.sequence"]);

describe("a log with a journal", () => {
  test("has each entry on disk when its helper returns", () => {
    const audit = started({ logId: "acme.example/governance" });
    const entry = remove(audit, "did:a");
    const reader = Journal.open(file, { readOnly: true });
    expect(reader.entries()).toEqual([entry]);
    expect(reader.logId).toBe("acme.example/governance");
    reader.close();
  });

  test("goes on after a restart with log id, sequence, entries and times", async () => {
    const clock = () => new Date("2026-04-14T12:00:00Z");
    const first = started({ logId: "acme.example/governance", clock });
    const before = [remove(first, "did:a"), remove(first, "did:b")];
    const lines = [...first.lines()];
    await first.shutdown();
    const exporter = new ScriptedExporter();
    const second = started({ clock, mirrors: [mirrorOf(exporter, { backfill: true })] });
    expect(second.logId).toBe("acme.example/governance");
    expect(second.entries()).toEqual([...before].reverse());
    expect([...second.lines()]).toEqual(lines);
    expect(second.ledger().accepted).toBe(0);
    expect(remove(second, "did:c").sequence).toBe(2);
    await second.flush();
    const times = exporter.batches
      .flat()
      .map(({ hrTime: [seconds, nanos] }) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(times).size).toBe(3);
  });

  test("refills memory with the newest maxEntries of the journal", async () => {
    const first = started();
    for (let i = 0; i < 10; i++) remove(first, `did:${i}`);
    await first.shutdown();
    const second = started({ maxEntries: 3 });
    expect(second.length).toBe(3);
    expect(second.entries({ limit: 4 }).map(({ sequence }) => sequence)).toEqual([9, 8, 7, 6]);
    await second.shutdown();
    expect(second.entries({ limit: 3 }).map(({ sequence }) => sequence)).toEqual([9, 8, 7]);
  });

  test("refuses another log id, and a second log on the same journal", async () => {
    await started({ logId: "acme.example/governance" }).shutdown();
    expect(thrownBy(() => started({ logId: "other" }))).toMatchObject({
      code: "invalid_options",
      field: "logId",
    });
    const journal = Journal.open(file);
    const audit = started({ journal });
    expect(thrownBy(() => started({ journal }))).toMatchObject({
      code: "invalid_options",
      field: "journal",
    });
    expect(remove(audit, "did:a").sequence).toBe(0);
    expect(thrownBy(() => started())).toMatchObject({ code: "journal_failed" });
    await audit.shutdown();
    expect(journal.get(0)?.actorDid).toBe("did:a"); // a journal that is passed in stays open
    journal.close();
  });

  test("closes the file if another option is refused", () => {
    const mirror = mirrorOf(new ScriptedExporter());
    new GovernanceAuditLog({ mirrors: [mirror] });
    expect(thrownBy(() => started({ mirrors: [mirror] })).code).toBe("invalid_options");
    expect(remove(started(), "did:a").sequence).toBe(0);
  });

  test("records what the app's own logger emits, and reports what it cannot write", async () => {
    const errors: AuditError[] = [];
    const processor = new AuditLogProcessor({
      journal: file,
      onError: (error) => errors.push(error),
    });
    const provider = new LoggerProvider({ processors: [processor] });
    const emit = () =>
      provider.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
    emit();
    unlinkSync(file);
    emit();
    expect(processor.length).toBe(1);
    expect(errors.map(({ code }) => code)).toEqual(["journal_failed"]);
    expect(processor.refusedRecords).toBe(1);
    await processor.shutdown().catch(() => {});
  });
});

describe("a commit that fails", () => {
  test("makes the helper throw journal_failed, and leaves no entry and no gap", async () => {
    const exporter = new ScriptedExporter();
    const audit = started({ mirrors: [mirrorOf(exporter)] });
    remove(audit, "did:a");
    unlinkSync(file);
    expect(thrownBy(() => remove(audit, "did:b"))).toMatchObject({ code: "journal_failed" });
    expect(audit.length).toBe(1);
    expect(audit.ledger()).toMatchObject({ accepted: 1, mirrors: { otlp: { accepted: 1 } } });
  });
});

test("a processor ahead that makes an attribute read-only costs mirrors one record", () => {
  const errors: AuditError[] = [];
  const exporter = new ScriptedExporter();
  const processor = new AuditLogProcessor({
    journal: file,
    mirrors: [mirrorOf(exporter)],
    onError: (error) => errors.push(error),
  });
  let meddle = true;
  const ahead: LogRecordProcessor = {
    onEmit: ({ attributes }) => {
      if (meddle)
        Object.defineProperty(attributes, "governance.operation", { value: "x", writable: false });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const audit = GovernanceAuditLog.attach({
    loggerProvider: new LoggerProvider({ processors: [ahead, processor] }),
    processor,
  });
  open.push(audit);
  expect(remove(audit, "did:a").sequence).toBe(0);
  meddle = false;
  expect(remove(audit, "did:b").sequence).toBe(1);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining("sequence 0 is recorded"),
  ]);
});

describe("the outbox of a mirror", () => {
  test("delivers pending records after a restart, in order, with the same ids", async () => {
    const down = new ScriptedExporter(failWith(new Error("down")));
    const first = started({ mirrors: [mirrorOf(down)] });
    const ids = ["did:a", "did:b", "did:c"].map((did) => remove(first, did).id);
    await expect(first.shutdown({ timeoutMillis: 30 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("3 pending, safe in the journal"),
    });
    const up = new ScriptedExporter();
    const second = started({ mirrors: [mirrorOf(up)] });
    expect(second.ledger().mirrors["otlp"]).toMatchObject({ accepted: 3, pending: 3 });
    await second.flush();
    expect(up.batches.flat().map(({ attributes }) => attributes["log.record.uid"])).toEqual(ids);
    expect(up.batches.flat().map(({ body }) => body)).toEqual([...second.lines()]);
    expect(second.ledger().mirrors["otlp"]).toEqual({
      accepted: 3,
      delivered: 3,
      pending: 0,
      rejected: 0,
    });
  });

  test("of a new name starts at the current end, or at the beginning with backfill", async () => {
    const first = started();
    remove(first, "did:a");
    await first.shutdown();
    const late = new ScriptedExporter();
    const all = new ScriptedExporter();
    const second = started({
      mirrors: [mirrorOf(late, { name: "late" }), mirrorOf(all, { name: "all", backfill: true })],
    });
    remove(second, "did:b");
    await second.flush();
    expect(sequencesOf(late)).toEqual([1]);
    expect(sequencesOf(all)).toEqual([0, 1]);
  });

  test("keeps rejected records, and sends them again while the log runs", async () => {
    const journal = Journal.open(file);
    const exporter = new ScriptedExporter((records, done) =>
      done(
        records.some(({ attributes }) => attributes["governance.actor.did"] === "did:bad")
          ? { code: ExportResultCode.FAILED, error: new ExportError("not valid", { status: 400 }) }
          : { code: ExportResultCode.SUCCESS },
      ),
    );
    const audit = started({ journal, mirrors: [mirrorOf(exporter)] });
    for (const did of ["did:a", "did:bad", "did:c"]) remove(audit, did);
    await expect(audit.flush()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(journal.rejected()).toMatchObject([
      { mirror: "otlp", sequence: 1, reason: "not valid" },
    ]);
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    expect(journal.resend("otlp")).toBe(1);
    const { accepted, delivered, pending, rejected } = audit.ledger().mirrors["otlp"]!;
    expect(accepted).toBe(delivered + pending + rejected);
    await audit.flush();
    expect(journal.rejected()).toEqual([]);
    expect(sequencesOf(exporter).filter((sequence) => sequence === 1).length).toBeGreaterThan(1);
    await audit.shutdown().catch(() => {});
    journal.close();
  });
});
