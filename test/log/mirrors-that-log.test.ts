import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import { AuditError, GovernanceAuditLog } from "../../src/index.js";
import { NODE } from "../fixtures/domain-objects.js";
import { recordedLog, refusal } from "../fixtures/recorded-log.js";
import { processorThat, RecordingMirror, reliableMirror } from "../fixtures/recording-mirror.js";

describe("a mirror that logs governance events itself", () => {
  test("adds them after the entry that it answers, and all mirrors get them in one order", () => {
    const last = new RecordingMirror();
    const answering: LogRecordProcessor = processorThat((record) => {
      if (record.eventName === "governance.node_added")
        expect(audit.log({ operation: "answered", actorDid: "a mirror" }).sequence).toBe(1);
    });
    const first = new RecordingMirror();
    const audit = new GovernanceAuditLog({ mirrors: [first, answering, last] });
    expect(audit.logNodeAdded(NODE).sequence).toBe(0);
    expect(audit.logNodeRemoved(NODE).sequence).toBe(2);
    expect(first.sequences).toEqual([0, 1, 2]);
    expect(last.sequences).toEqual([0, 1, 2]);
  });

  test("may log several, and another mirror may answer them", () => {
    const last = new RecordingMirror();
    const when = (operation: string, answers: readonly string[]): LogRecordProcessor =>
      processorThat((record) => {
        if (record.eventName === `governance.${operation}`)
          for (const answer of answers) audit.log({ operation: answer });
      });
    const audit = new GovernanceAuditLog({
      mirrors: [when("node_added", ["a", "b"]), when("a", ["c"]), when("c", ["d"]), last],
    });
    audit.logNodeAdded(NODE);
    expect(last.sequences).toEqual([0, 1, 2, 3, 4]);
    expect(last.seen.map(({ eventName }) => eventName)).toEqual([
      "governance.node_added",
      "governance.a",
      "governance.b",
      "governance.c",
      "governance.d",
    ]);
  });

  test("is stopped with an error after eight answers in a row", () => {
    const { audit, mirror, errors } = recordedLog({
      mirrors: [processorThat(() => audit.log({ operation: "echo" }))],
    });
    audit.logNodeAdded(NODE);
    expect(audit.length).toBe(9);
    expect(mirror.sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(errors).toMatchObject([
      {
        code: "delivery_failed",
        cause: {
          code: "not_recorded",
          message: expect.stringContaining(
            "mirrors answered each other's records 8 times in a row",
          ),
        },
      },
    ]);
  });

  test("is stopped if it answers every record twice", () => {
    const { audit, mirror } = recordedLog({
      mirrors: [
        processorThat(() => {
          audit.log({ operation: "echo" });
          audit.log({ operation: "echo" });
        }),
      ],
    });
    audit.logNodeAdded(NODE);
    expect(audit.length).toBe(511);
    expect(mirror.sequences).toEqual(Array.from({ length: 511 }, (_, index) => index));
  });

  test("leaves the log in order for the next call", () => {
    let echoing = true;
    const { audit, mirror } = recordedLog({
      mirrors: [
        processorThat(() => {
          if (echoing) audit.log({ operation: "echo" });
        }),
      ],
    });
    audit.logNodeAdded(NODE);
    echoing = false;
    expect(audit.logNodeRemoved(NODE).sequence).toBe(9);
    expect(mirror.sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("gets an error thrown for bad input, like any caller", () => {
    const { audit, errors } = recordedLog({
      mirrors: [processorThat(() => audit.logNodeRemoved({ did: "" }))],
    });
    audit.logNodeAdded(NODE);
    expect(audit.length).toBe(1);
    expect(errors).toMatchObject([{ cause: { code: "invalid_entry", field: "did" } }]);
  });

  test("is refused if a later mirror has room only for the record that it answers", () => {
    const stored: unknown[] = [];
    const capacity = 1;
    const closing = reliableMirror("closing", {
      onEmit: (record) => {
        if (stored.length >= capacity) throw new Error("a record was lost");
        stored.push(record.attributes["governance.sequence"]);
      },
      checkRoom: (count) => {
        if (stored.length + count > capacity) throw new AuditError("delivery_failed", "full");
      },
    });
    const refusals: unknown[] = [];
    const answering = processorThat((record) => {
      if (record.eventName !== "governance.node_added") return;
      refusals.push(refusal(() => audit.log({ operation: "answered" })).code);
    });
    const errors: AuditError[] = [];
    const audit = new GovernanceAuditLog({
      mirrors: [answering, closing],
      onError: (error) => errors.push(error),
    });
    audit.logNodeAdded(NODE);
    expect(errors).toEqual([]);
    expect(refusals).toEqual(["delivery_failed"]);
    expect(stored).toEqual([0]);
  });
});
