import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import { AuditError, GovernanceAuditLog } from "../../src/index.js";
import { NODE } from "../fixtures/domain-objects.js";
import { recordedLog, refusal } from "../fixtures/recorded-log.js";
import {
  processorThat,
  RecordingMirror,
  reliableMirror,
  throwing,
} from "../fixtures/recording-mirror.js";

describe("mirrors", () => {
  test("get each sealed record in their order, with the context of the call", () => {
    const order: string[] = [];
    const named = (name: string) => processorThat(() => order.push(name));
    const { audit, mirror } = recordedLog({ mirrors: [named("second"), named("third")] });
    audit.logNodeAdded(NODE);
    audit.logNodeRemoved(NODE);
    expect(order).toEqual(["second", "third", "second", "third"]);
    expect(mirror.contexts[0]).toBeDefined();
    expect(mirror.seen.map(({ body }) => body)).toEqual([...audit.lines()]);
  });

  test("find the entry in the log when they get its record", () => {
    const held: number[] = [];
    const audit: GovernanceAuditLog = new GovernanceAuditLog({
      mirrors: [processorThat(() => held.push(audit.length, audit.ledger().accepted))],
    });
    audit.logNodeAdded(NODE);
    expect(held).toEqual([1, 1]);
  });

  test("do not affect each other or the caller if one throws", () => {
    const cause = new Error("disk full");
    const last = new RecordingMirror();
    const { audit, mirror, errors } = recordedLog({ mirrors: [throwing(cause), last] });
    const entry = audit.logNodeAdded(NODE);
    expect(audit.entries()).toEqual([entry]);
    expect(mirror.sequences).toEqual([0]);
    expect(last.sequences).toEqual([0]);
    expect(errors).toMatchObject([{ name: "AuditError", code: "delivery_failed", cause }]);
  });

  test("are named in the report of their errors", () => {
    class DiskMirror extends RecordingMirror {
      override onEmit(): void {
        throw new Error("disk full");
      }
    }
    const named = Object.assign(new DiskMirror(), { name: "disk-1" });
    const { audit, errors } = recordedLog({ mirrors: [new DiskMirror(), named] });
    audit.logNodeAdded(NODE);
    expect(errors.map(({ message }) => message)).toEqual([
      "mirror DiskMirror threw on a record",
      "mirror disk-1 threw on a record",
    ]);
  });

  test("may throw a value that is not an Error", () => {
    const { audit, errors } = recordedLog({ mirrors: [throwing("disk full")] });
    audit.logNodeAdded(NODE);
    expect(errors).toMatchObject([{ code: "delivery_failed", cause: "disk full" }]);
  });

  test("may have no prototype, and their errors are still reported", () => {
    const failing: LogRecordProcessor = Object.assign(
      Object.create(null),
      throwing(new Error("disk full")),
    );
    const last = new RecordingMirror();
    const { audit, errors } = recordedLog({ mirrors: [failing, last] });
    audit.logNodeAdded(NODE);
    audit.logNodeAdded(NODE);
    expect(last.sequences).toEqual([0, 1]);
    expect(errors).toHaveLength(2);
  });

  test("can report later errors through reportTo", () => {
    let report: ((error: AuditError) => void) | undefined;
    const mirror = Object.assign(new RecordingMirror(), {
      reportTo: (onError: (error: AuditError) => void) => {
        report = onError;
      },
    });
    const { errors } = recordedLog({ mirrors: [mirror] });
    const late = new AuditError("delivery_failed", "refused by the backend");
    report?.(late);
    expect(errors).toEqual([late]);
  });

  test("that have no room refuse the entry before any mirror gets it", () => {
    const full = new AuditError("delivery_failed", "the queue is full");
    let room = 0;
    const asked: number[] = [];
    const closing = reliableMirror("closing", {
      checkRoom: (count: number) => {
        asked.push(count);
        if (count > room) throw full;
      },
    });
    const { audit, mirror, errors } = recordedLog({ mirrors: [closing] });
    expect(refusal(() => audit.logNodeAdded(NODE))).toBe(full);
    expect(asked).toEqual([1]);
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
    expect([...mirror.records, ...closing.records]).toEqual([]);
    expect(errors).toEqual([]);
    room = 1;
    expect(audit.logNodeAdded(NODE).sequence).toBe(0);
  });

  test("that are reliable have a line in the ledger under their name, even __proto__", () => {
    const line = {
      accepted: 3,
      delivered: 1,
      pending: 1,
      rejected: 1,
      oldestPendingMillis: 5,
      lastError: "503",
    };
    const reliable = (name: string) => reliableMirror(name, { ledger: () => line });
    const { audit } = recordedLog({ mirrors: [reliable("otlp"), reliable("__proto__")] });
    const { mirrors } = audit.ledger();
    expect(Object.keys(mirrors)).toEqual(["otlp", "__proto__"]);
    expect(mirrors["otlp"]).toEqual(line);
    expect(Object.getPrototypeOf(mirrors)).toBe(Object.prototype);
  });
});
