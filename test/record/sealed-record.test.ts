import { SeverityNumber } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { ATTRIBUTE_CONVENTIONS } from "../../scripts/conventions.ts";
import { type JsonValue, OPERATIONS } from "../../src/index.js";
import { atNoon, NOON, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import { recordedLog } from "../fixtures/recorded-log.js";

const NOON_SECONDS = Math.floor(Date.parse(NOON) / 1000);

/** The record of an event with these details. */
function recordOf(details: Readonly<Record<string, JsonValue>>) {
  const { audit, mirror } = recordedLog({ clock: atNoon });
  const entry = audit.log({ operation: "policy_updated", details });
  const record = mirror.records[0] ?? expect.fail("no record");
  return { audit, entry, record };
}

/** Names of the detail attributes of a record, without their prefix. */
function detailAttributes(details: Readonly<Record<string, JsonValue>>): Record<string, unknown> {
  const { record, entry } = recordOf(details);
  expect(JSON.parse(record.body as string).details).toEqual(entry.details);
  const prefix = "governance.details.";
  return Object.fromEntries(
    Object.entries(record.attributes)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

describe("a sealed record", () => {
  test("has all that was sealed as flat attributes, and no more", () => {
    const { audit, mirror } = recordedLog({ clock: atNoon });
    const entry = audit.logVoteCast(SIGNED_VOTE);
    expect(mirror.records[0]?.attributes).toStrictEqual({
      "governance.operation": "vote_cast",
      "governance.proposal.id": "urn:pqc-gov-prop:7f3a",
      "governance.actor.did": "did:pqaid:bob",
      "governance.decision": "approve",
      "governance.log.id": audit.logId,
      "governance.sequence": 0,
      "governance.leaf_hash": entry.leafHash,
      "governance.timestamp_millis": Date.parse(NOON),
      "governance.details.rationale": "The evaluation is sound.",
      "governance.details.cast_at": "2026-04-14T11:30:00.000Z",
      "governance.details.signature_algorithm": "ML-DSA-65",
      "governance.details.signature_digest":
        "sha256:5b46b2821536f0a33e3459a1492479c048f3262e423aaf0536c17b89ac1e6d11",
      "governance.details.vote_id": "urn:pqc-gov-vote:c472f7",
      "log.record.uid": entry.id,
    });
  });

  test("has the columns of every operation as attributes", () => {
    const names: Readonly<Record<string, string>> = {
      proposalId: "governance.proposal.id",
      subjectId: "governance.subject.id",
      kind: "governance.kind",
      actorDid: "governance.actor.did",
      decision: "governance.decision",
    };
    for (const { call, columns } of OPERATION_CALLS) {
      const { audit, mirror } = recordedLog();
      call(audit);
      for (const [column, name] of Object.entries(names))
        expect(mirror.seen[0]?.attributes[name]).toBe(columns[column]);
    }
  });

  test("has its canonical line as a body", () => {
    const { audit, mirror } = recordedLog();
    for (const { call } of OPERATION_CALLS) call(audit);
    expect(mirror.records.map(({ body }) => body)).toEqual([...audit.lines()]);
  });

  test("is named after its operation", () => {
    const { audit, mirror } = recordedLog();
    for (const { call } of OPERATION_CALLS) call(audit);
    audit.log({ operation: "policy_updated" });
    expect(mirror.records.map(({ eventName }) => eventName)).toEqual(
      [...OPERATIONS, "policy_updated"].map((operation) => `governance.${operation}`),
    );
  });

  test("is an error for a double vote, a warning for what is taken away, and else a piece of information", () => {
    const { audit, mirror } = recordedLog();
    for (const { call } of OPERATION_CALLS) call(audit);
    audit.log({ operation: "policy_updated" });
    expect(mirror.records.map(({ severityNumber }) => severityNumber)).toEqual([
      SeverityNumber.INFO,
      SeverityNumber.INFO,
      SeverityNumber.INFO,
      SeverityNumber.ERROR,
      SeverityNumber.INFO,
      SeverityNumber.WARN,
      SeverityNumber.INFO,
      SeverityNumber.WARN,
      SeverityNumber.INFO,
    ]);
  });

  test("has the time of recording, while the time of the event is an attribute", () => {
    const { audit, mirror } = recordedLog({ clock: atNoon });
    audit.log({ operation: "policy_updated", timestamp: new Date("2001-02-03T04:05:06.789Z") });
    const record = mirror.records[0];
    expect(record?.hrTime).toEqual([NOON_SECONDS, 7_000_000]);
    expect(record?.hrTimeObserved).toEqual([NOON_SECONDS, 7_000_000]);
    expect(record?.attributes["governance.timestamp_millis"]).toBe(981_173_106_789);
  });
});

describe("the times of sealed records", () => {
  const timesBy = (millis: readonly number[]): (readonly [number, number])[] => {
    const left = [...millis];
    const { audit, mirror } = recordedLog({ clock: () => new Date(left.shift() ?? 0) });
    for (const _ of millis) audit.log({ operation: "tick" });
    for (const { hrTime, hrTimeObserved } of mirror.records) expect(hrTimeObserved).toEqual(hrTime);
    return mirror.records.map(({ hrTime }) => hrTime);
  };

  test("rise by a nanosecond while the clock stands still", () => {
    expect(timesBy([5007, 5007, 5007])).toEqual([
      [5, 7_000_000],
      [5, 7_000_001],
      [5, 7_000_002],
    ]);
  });

  test("rise by a nanosecond while the clock is behind, and follow it once it has caught up", () => {
    expect(timesBy([5007, 3000, 0, 5007, 5008])).toEqual([
      [5, 7_000_000],
      [5, 7_000_001],
      [5, 7_000_002],
      [5, 7_000_003],
      [5, 8_000_000],
    ]);
  });

  test("leave the timestamps of the entries as the clock gave them", () => {
    const left = [5007, 3000];
    const { audit } = recordedLog({ clock: () => new Date(left.shift() ?? 0) });
    audit.log({ operation: "tick" });
    expect(audit.log({ operation: "tick" }).timestamp).toBe("1970-01-01T00:00:03.000Z");
  });

  test("are above zero for the first record too, though the clock says 1970", () => {
    expect(timesBy([0, 0])).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });
});

describe("details as attributes", () => {
  test("are the scalars among them: strings, booleans and numbers", () => {
    expect(
      detailAttributes({
        text: "",
        yes: true,
        no: false,
        zero: 0,
        rate: 0.25,
        none: null,
        list: [1],
        object: {},
      }),
    ).toStrictEqual({ text: "", yes: true, no: false, zero: 0, rate: 0.25 });
  });

  test("leave texts of more than 1024 characters to the body, since Loki takes no more than 64 KiB of attributes", () => {
    expect(detailAttributes({ long: "x".repeat(1024), longer: "x".repeat(1025) })).toStrictEqual({
      long: "x".repeat(1024),
    });
  });

  test("leave whole numbers out that a double does not hold exactly", () => {
    expect(
      detailAttributes({
        safe: Number.MAX_SAFE_INTEGER,
        least: Number.MIN_SAFE_INTEGER,
        unsafe: Number.MAX_SAFE_INTEGER + 1,
        negative: Number.MIN_SAFE_INTEGER - 1,
        huge: 1e300,
        small: 5e-324,
      }),
    ).toStrictEqual({
      safe: Number.MAX_SAFE_INTEGER,
      least: Number.MIN_SAFE_INTEGER,
      small: 5e-324,
    });
  });

  test("leave out keys that are no attribute name", () => {
    const details = JSON.parse(
      '{"ok_1":1,"Upper":1,"1st":1,"_private":1,"with-dash":1,"with.dot":1,"":1,"é":1,"a b":1,"a\\n":1,"__proto__":1}',
    );
    expect(detailAttributes(details)).toStrictEqual({ ok_1: 1 });
  });

  test("are 32 at the most, those that come first", () => {
    const details: Record<string, JsonValue> = { list: [] };
    for (let index = 0; index < 40; index++) details[`key_${index}`] = index;
    const names = Object.keys(detailAttributes(details));
    expect(names).toEqual(Array.from({ length: 32 }, (_, index) => `key_${index}`));
  });

  test("are named so however many different keys an app uses", () => {
    const { audit, mirror } = recordedLog();
    for (let index = 0; index < 1500; index++)
      audit.log({
        operation: "policy_updated",
        details: { [`key_${index}`]: index, [`Key ${index}`]: index },
      });
    for (const [index, { attributes }] of mirror.seen.entries()) {
      expect(attributes[`governance.details.key_${index}`]).toBe(index);
      expect(Object.keys(attributes)).toHaveLength(7);
    }
  });

  test("do not stand in for columns", () => {
    const { record } = recordOf({ proposal_id: "a detail", sequence: 7, log_id: "x" });
    expect(record.attributes["governance.sequence"]).toBe(0);
    expect(record.attributes).not.toHaveProperty("governance.proposal.id");
    expect(record.attributes["governance.details.sequence"]).toBe(7);
  });
});

describe("the semantic conventions", () => {
  const conventionOf = (name: string) =>
    ATTRIBUTE_CONVENTIONS.find((convention) =>
      convention.name.endsWith("<key>")
        ? name.startsWith(convention.name.slice(0, -"<key>".length))
        : convention.name === name,
    );

  test("name every attribute of the eight operations, with its type and its operations", () => {
    const { audit, mirror } = recordedLog();
    for (const { call } of OPERATION_CALLS) call(audit);
    for (const { attributes } of mirror.seen)
      for (const [name, value] of Object.entries(attributes)) {
        const convention = conventionOf(name) ?? expect.fail(`${name} is not in the conventions`);
        if (convention.type === "int") expect(Number.isSafeInteger(value)).toBe(true);
        if (convention.type === "string") expect(value).toBeTypeOf("string");
        if (convention.operations !== "all")
          expect(convention.operations).toContain(attributes["governance.operation"]);
      }
  });

  const isOfHelper = (operation: string): boolean =>
    (OPERATIONS as readonly string[]).includes(operation);

  test("name no attribute for an operation that does not have it", () => {
    const { audit, mirror } = recordedLog();
    for (const { call } of OPERATION_CALLS) call(audit);
    for (const { name, operations } of ATTRIBUTE_CONVENTIONS)
      if (operations !== "all")
        expect(
          mirror.seen
            .filter(({ attributes }) => name in attributes)
            .map(({ attributes }) => attributes["governance.operation"])
            .sort(),
        ).toEqual(operations.filter(isOfHelper).sort());
  });
});
