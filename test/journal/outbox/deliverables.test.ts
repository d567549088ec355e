import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "winston";
import { ATTRIBUTE_CONVENTIONS } from "../../../scripts/conventions.ts";
import { ExportError } from "../../../src/delivery/index.js";
import type { AuditError, GovernanceAuditLogOptions } from "../../../src/index.js";
import { Journal } from "../../../src/journal/index.js";
import { winstonMirror } from "../../../src/winston/index.js";
import { failWith, ScriptedExporter, succeed } from "../../fixtures/exporters.js";
import { newPath, openJournal } from "../../fixtures/journal.js";
import { keeping, type Line } from "../../fixtures/memory-logger.js";
import { RecordingMirror } from "../../fixtures/recording-mirror.js";
import {
  deliveredTo,
  keys,
  mirrorOf,
  NAME,
  remove,
  signer,
  startedLog,
} from "../../fixtures/signed-log.js";

let file: string;
beforeEach(() => {
  file = newPath();
});

const started = (options: GovernanceAuditLogOptions = {}) =>
  startedLog({ journal: file, signer, ...options });

describe("checkpoints and mirrors", () => {
  test("go to every mirror as records of their own, at the shutdown too", async () => {
    const plain = new RecordingMirror();
    const exporter = new ScriptedExporter();
    const audit = started({ mirrors: [plain, mirrorOf(exporter)] });
    remove(audit, "did:a");
    const { note, rootHash } = await audit.checkpoint();
    remove(audit, "did:b");
    await audit.shutdown();
    const [entry, checkpoint] = plain.records;
    expect(checkpoint).toMatchObject({
      eventName: "governance.checkpoint",
      body: note,
      attributes: {
        "governance.operation": "checkpoint",
        "governance.log.id": NAME,
        "governance.checkpoint.size": 1,
        "governance.checkpoint.root_hash": rootHash,
        "log.record.uid": expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(checkpoint?.attributes["governance.sequence"]).toBeUndefined();
    expect(checkpoint?.resource.attributes).toEqual(entry?.resource.attributes);
    expect(checkpoint?.instrumentationScope).toEqual(entry?.instrumentationScope);
    expect(deliveredTo(exporter)).toEqual([0, "checkpoint 1", 1, "checkpoint 2"]);
    expect(audit.ledger()).toMatchObject({
      accepted: 2,
      mirrors: { otlp: { accepted: 4, delivered: 4 } },
    });
  });

  test("count in the ledger, and stay pending once the log is shut down", async () => {
    const journal = openJournal(file, { logId: NAME });
    const exporter = new ScriptedExporter();
    const errors: AuditError[] = [];
    const onError = (error: AuditError) => errors.push(error);
    const audit = started({ journal, signer: undefined, mirrors: [mirrorOf(exporter)], onError });
    remove(audit, "did:a");
    await journal.checkpoint({ keys: keys });
    await audit.flush();
    expect(audit.ledger().mirrors["otlp"]).toEqual({
      accepted: 2,
      delivered: 2,
      pending: 0,
      rejected: 0,
    });
    expect(deliveredTo(exporter)).toEqual([0, "checkpoint 1"]);
    await audit.shutdown();
    await journal.checkpoint({ keys: keys });
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({
      accepted: 3,
      delivered: 2,
      pending: 1,
      rejected: 0,
    });
    expect(errors).toEqual([]);
  });

  test("are lines in words for winston, with the note as metadata", async () => {
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    const audit = started({ mirrors: [winstonMirror(logger)] });
    remove(audit, "did:a");
    const { note, rootHash } = await audit.checkpoint();
    await audit.flush();
    expect(lines[1]).toMatchObject({
      level: "info",
      message: `checkpoint of 1 entries of ${NAME}`,
    });
    expect(lines[1]?.["governance"]).toEqual({
      operation: "checkpoint",
      logId: NAME,
      id: expect.any(String),
      size: 1,
      rootHash,
      note,
    });
  });

  test("have the attributes that the conventions name", async () => {
    const plain = new RecordingMirror();
    await started({ mirrors: [plain] }).checkpoint();
    const own = ATTRIBUTE_CONVENTIONS.filter(({ operations }) => operations.includes("checkpoint"));
    expect(Object.keys(plain.records[0]?.attributes ?? {}).sort()).toEqual(
      [
        ...own.map(({ name }) => name),
        "governance.operation",
        "governance.log.id",
        "log.record.uid",
      ].sort(),
    );
  });

  test("are delivered after a restart in their place, with the same ids", async () => {
    const down = new ScriptedExporter(failWith(new Error("down")));
    const plain = new RecordingMirror();
    const first = started({ mirrors: [plain, mirrorOf(down)] });
    remove(first, "did:a");
    await first.checkpoint();
    await first.checkpoint();
    remove(first, "did:b");
    await first.checkpoint();
    await first.shutdown({ timeoutMillis: 30 }).catch(() => {});
    const up = new ScriptedExporter();
    const second = started({ mirrors: [mirrorOf(up)] });
    expect(second.ledger().mirrors["otlp"]).toMatchObject({ accepted: 5, pending: 5 });
    remove(second, "did:c");
    await second.flush();
    expect(deliveredTo(up)).toEqual([0, "checkpoint 1", "checkpoint 1", 1, "checkpoint 2", 2]);
    const ids = (records: readonly ReadableLogRecord[]) =>
      records.map(({ attributes }) => attributes["log.record.uid"]);
    expect(ids(up.batches.flat()).slice(0, 5)).toEqual(ids(plain.records));
  });

  test("are part of a backfill, and of what a new mirror begins behind", async () => {
    const first = started();
    remove(first, "did:a");
    await first.shutdown();
    const all = new ScriptedExporter();
    const late = new ScriptedExporter();
    const second = started({
      mirrors: [mirrorOf(all, { name: "all", backfill: true }), mirrorOf(late, { name: "late" })],
    });
    remove(second, "did:b");
    await second.flush();
    expect([deliveredTo(all), deliveredTo(late)]).toEqual([[0, "checkpoint 1", 1], [1]]);
  });

  test("and entries of a log without the mirror are pending for it in the next log", async () => {
    const journal = openJournal(file, { logId: NAME });
    const logged = async (exporter?: ScriptedExporter) => {
      const audit = started({
        journal,
        mirrors: exporter ? [mirrorOf(exporter, { name: "otlp" })] : [],
      });
      remove(audit, "did:a");
      await audit.shutdown();
    };
    await logged(new ScriptedExporter());
    await logged();
    const again = new ScriptedExporter();
    const audit = started({ journal, mirrors: [mirrorOf(again, { name: "otlp" })] });
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({ pending: 2 });
    await audit.flush();
    expect(deliveredTo(again)).toEqual([1, "checkpoint 2"]);
  });

  test("are part of a backfill too where they stand before the first entry", async () => {
    const first = started();
    await first.checkpoint();
    remove(first, "did:a");
    await first.shutdown();
    const all = new ScriptedExporter();
    const second = started({ mirrors: [mirrorOf(all, { backfill: true })] });
    await second.flush();
    expect(deliveredTo(all)).toEqual(["checkpoint 0", 0, "checkpoint 1"]);
  });

  test("that are rejected are listed by their size, and sent again with all", async () => {
    const picky = new ScriptedExporter((records, done) => {
      const isRefused = records.some(({ eventName }) => eventName === "governance.checkpoint");
      (isRefused ? failWith(new ExportError("HTTP 400", { status: 400 })) : succeed)(records, done);
    });
    const journal = Journal.open(file, { logId: NAME });
    const audit = started({ journal, mirrors: [mirrorOf(picky)] });
    remove(audit, "did:a");
    await audit.checkpoint();
    remove(audit, "did:b");
    await audit.flush().catch(() => {});
    expect(journal.rejected("otlp")).toMatchObject([
      { checkpointSize: 1, reason: expect.any(String) },
    ]);
    expect(journal.resend("otlp", [0, 1])).toBe(0);
    picky.takes = succeed;
    expect(journal.resend("otlp")).toBe(1);
    await audit.flush();
    expect(deliveredTo(picky)).toContain("checkpoint 1");
    await expect(audit.shutdown()).rejects.toThrow(/0 pending, 1 rejected/); // of its whole life
    journal.close();
  });
});
