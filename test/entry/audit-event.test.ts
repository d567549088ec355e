import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { OPTIONAL_COLUMNS } from "../../src/entry/columns.js";
import {
  type AuditEvent,
  CONSENSUS_DECISIONS,
  OPERATIONS,
  PROPOSAL_KINDS,
  VOTE_DECISIONS,
} from "../../src/index.js";
import { atNoon, NOON } from "../fixtures/domain-objects.js";
import { recordedLog, refusal, refusedWithoutTrace } from "../fixtures/recorded-log.js";

const recorded = (event: unknown) => recordedLog({ clock: atNoon }).audit.log(event as AuditEvent);
const refused = (event: unknown) => refusedWithoutTrace((audit) => audit.log(event as AuditEvent));

const COLUMNS = OPTIONAL_COLUMNS.map(({ name }) => name);

describe("an event", () => {
  test("is recorded with all its columns", () => {
    const columns = {
      operation: "policy_updated",
      proposalId: "p1",
      subjectId: "policy/rate-limit",
      kind: "a kind of the app",
      actorDid: "did:pqaid:alice",
      decision: "deferred",
    };
    const { id: _, leafHash: __, ...entry } = recorded({ ...columns, details: { limit: 5 } });
    expect(entry).toStrictEqual({
      sequence: 0,
      timestamp: NOON,
      ...columns,
      details: { limit: 5 },
    });
  });

  test.each([
    [undefined],
    [null],
    ["policy_updated"],
    [7],
    [true],
    [() => ({ operation: "policy_updated" })],
  ])("is refused when it is %o and no object", (event) => {
    expect(refused(event).field).toBe("event");
  });

  test("is refused when it is an array, or empty", () => {
    expect(refused([]).field).toBe("operation");
    expect(refused({}).field).toBe("operation");
  });

  test("is refused when a column throws on being read, as of a Proxy that was revoked", () => {
    const { proxy, revoke } = Proxy.revocable({ operation: "policy_updated" }, {});
    revoke();
    expect(refused(proxy).field).toBe("operation");
    const event = {
      operation: "policy_updated",
      get actorDid(): string {
        throw new Error("not loaded");
      },
    };
    expect(refused(event)).toMatchObject({ field: "actorDid", cause: new Error("not loaded") });
  });

  test("is refused with a field that no event has, whose value would be lost", () => {
    expect(refused({ operation: "policy_updated", actor_did: "did:pqaid:alice" }).field).toBe(
      "actor_did",
    );
    const { message } = refused({
      operation: "policy_updated",
      ...new Proxy({}, {}),
      recordedBy: undefined,
    });
    expect(message).toContain("recordedBy: no such field");
  });

  test("is refused when its keys cannot be read", () => {
    const unreadable = new Proxy(
      { operation: "policy_updated" },
      {
        ownKeys: () => {
          throw new Error("not listed");
        },
      },
    );
    expect(refused(unreadable)).toMatchObject({ field: "event", cause: new Error("not listed") });
  });

  test("is refused by the column that is longer than a line", () => {
    expect(refused({ operation: "policy_updated", subjectId: "x".repeat(65_537) }).field).toBe(
      "subjectId",
    );
  });

  test("may be an instance of a class, or a Proxy of one", () => {
    class Event {
      readonly operation = "policy_updated";
      readonly actorDid = "did:pqaid:alice";
    }
    expect(recorded(new Event())).toMatchObject({ actorDid: "did:pqaid:alice" });
    expect(recorded(new Proxy(new Event(), {}))).toMatchObject({ actorDid: "did:pqaid:alice" });
  });

  test("is read once, column by column", () => {
    const reads: string[] = [];
    const event = new Proxy(
      { operation: "policy_updated", details: { limit: 1 }, timestamp: atNoon() },
      {
        get: (target, key, receiver) => {
          reads.push(String(key));
          return Reflect.get(target, key, receiver);
        },
      },
    );
    recorded(event);
    expect(reads.sort()).toEqual(["operation", ...COLUMNS, "details", "timestamp"].sort());
  });
});

describe("the operation of an event", () => {
  test.each(["a", "policy_updated", "x9_", "constructor", "valueof", "a".repeat(64)])(
    "may be the app's own: %s",
    (operation) => {
      expect(recorded({ operation }).operation).toBe(operation);
    },
  );

  test.each([
    [undefined],
    [null],
    [""],
    ["Policy"],
    ["9lives"],
    ["_private"],
    ["__proto__"],
    ["policy-updated"],
    ["policy.updated"],
    ["policy updated"],
    ["policy_updated\n"],
    ["политика"],
    ["ａ"],
    ["a".repeat(65)],
    [7],
    [["vote_cast"]],
    [new String("vote_cast")],
    [{ toString: () => "vote_cast" }],
  ])("must not be %o", (operation) => {
    expect(refused({ operation }).field).toBe("operation");
  });

  test("must not be checkpoint, which is the log's own", () => {
    expect(refused({ operation: "checkpoint" })).toMatchObject({
      field: "operation",
      message: expect.stringContaining("reserved"),
    });
    expect(recorded({ operation: "checkpoints" }).operation).toBe("checkpoints");
  });
});

describe("an optional column of an event", () => {
  test.each(COLUMNS)("%s may be null or undefined, and is absent then", (column) => {
    for (const value of [null, undefined]) {
      const entry = recorded({ operation: "policy_updated", [column]: value });
      expect(entry).not.toHaveProperty(column);
    }
  });

  test.each(COLUMNS)("%s may be empty, and is there then", (column) => {
    expect(recorded({ operation: "policy_updated", [column]: "" })).toHaveProperty(column, "");
  });

  test.each(COLUMNS)("%s must be a well-formed string", (column) => {
    for (const value of [0, false, 1n, {}, ["x"], Symbol("x"), new String("x"), "\udfff"])
      expect(refused({ operation: "policy_updated", [column]: value }).field).toBe(column);
  });
});

describe("the time of an event", () => {
  const happenedAt = (timestamp: unknown) => recorded({ operation: "policy_updated", timestamp });
  const refusedAt = (timestamp: unknown) => refused({ operation: "policy_updated", timestamp });

  test("is kept beside the time of recording", () => {
    expect(happenedAt(new Date("2001-02-03T04:05:06.789Z"))).toMatchObject({
      timestamp: "2001-02-03T04:05:06.789Z",
      recordedAt: NOON,
    });
  });

  test("may lie ahead of the clock", () => {
    expect(happenedAt(new Date("2099-01-01T00:00:00Z"))).toMatchObject({
      timestamp: "2099-01-01T00:00:00.000Z",
      recordedAt: NOON,
    });
  });

  test("leaves recordedAt out when both are the same", () => {
    expect(happenedAt(new Date(NOON))).not.toHaveProperty("recordedAt");
  });

  test("is the clock's when it is null or undefined", () => {
    expect(happenedAt(null).timestamp).toBe(NOON);
    expect(happenedAt(undefined).timestamp).toBe(NOON);
  });

  test("runs from 1970 to the last nanosecond that OTLP can carry, in 2262", () => {
    expect(happenedAt(new Date(0)).timestamp).toBe("1970-01-01T00:00:00.000Z");
    expect(happenedAt(new Date("2262-04-11T23:47:16.854Z")).timestamp).toBe(
      "2262-04-11T23:47:16.854Z",
    );
    expect(refusedAt(new Date(-1)).field).toBe("timestamp");
    expect(refusedAt(new Date("2262-04-11T23:47:16.855Z")).field).toBe("timestamp");
    expect(refusedAt(new Date(8.64e15)).field).toBe("timestamp");
  });

  test.each<[string, unknown]>([
    ["an invalid Date", new Date(Number.NaN)],
    ["an ISO string", NOON],
    ["milliseconds", 1_776_168_000_007],
    ["what only looks like a Date", { getTime: () => 0 }],
    ["an object that inherits from Date", Object.create(Date.prototype)],
    ["a Proxy of a Date", new Proxy(new Date(NOON), {})],
  ])("is refused when it is %s", (_, timestamp) => {
    expect(refusedAt(timestamp).field).toBe("timestamp");
  });

  test("may be a Date of another realm, and is not asked of an overridden getTime", () => {
    expect(happenedAt(runInNewContext(`new Date("2001-02-03T04:05:06.789Z")`)).timestamp).toBe(
      "2001-02-03T04:05:06.789Z",
    );
    const lying = Object.assign(new Date(NOON), { getTime: () => Number.NaN });
    expect(happenedAt(lying).timestamp).toBe(NOON);
  });

  test("is copied", () => {
    const { audit } = recordedLog({ clock: atNoon });
    const timestamp = new Date("2001-02-03T04:05:06.789Z");
    const entry = audit.log({ operation: "policy_updated", timestamp });
    timestamp.setUTCFullYear(1999);
    expect(entry.timestamp).toBe("2001-02-03T04:05:06.789Z");
  });
});

describe("the vocabularies of the eight operations", () => {
  test("hold for log as for the helpers", () => {
    for (const operation of [
      "proposal_created",
      "authorization_granted",
      "authorization_revoked",
    ]) {
      for (const kind of PROPOSAL_KINDS) expect(recorded({ operation, kind }).kind).toBe(kind);
      expect(refused({ operation, kind: "authorize-anything" }).field).toBe("kind");
    }
    for (const decision of VOTE_DECISIONS)
      expect(recorded({ operation: "vote_cast", decision }).decision).toBe(decision);
    for (const decision of CONSENSUS_DECISIONS)
      expect(recorded({ operation: "consensus_reached", decision }).decision).toBe(decision);
    expect(refused({ operation: "vote_cast", decision: "passed" }).field).toBe("decision");
    expect(refused({ operation: "consensus_reached", decision: "approve" }).field).toBe("decision");
  });

  test("do not ask for columns that an older system did not keep", () => {
    for (const operation of OPERATIONS)
      expect(recorded({ operation })).toMatchObject({ operation, details: {} });
  });

  test("leave the app's own operations free", () => {
    expect(recorded({ operation: "vote_recast", decision: "maybe", kind: "x" }).decision).toBe(
      "maybe",
    );
  });

  test.each([
    ["proposal_created", "title", 1],
    ["vote_cast", "vote_id", 1],
    ["vote_cast", "vote_id", null],
    ["consensus_reached", "reason", ["quorum"]],
    ["consensus_reached", "approve_weight", "4"],
    ["consensus_reached", "reject_weight", null],
    ["consensus_reached", "abstain_weight", {}],
    ["consensus_reached", "total_weight", true],
    ["consensus_reached", "vote_count", "3"],
    ["byzantine_detected", "prior_decision", 0],
    ["byzantine_detected", "conflicting_decision", false],
    ["node_added", "name", 1],
    ["node_added", "weight", "2"],
  ])("refuse a detail of the wrong type: %s %s = %o", (operation, key, value) => {
    expect(refused({ operation, details: { [key]: value } }).field).toBe(`details.${key}`);
  });

  test("hold for the decisions of byzantine_detected, which are details", () => {
    for (const key of ["prior_decision", "conflicting_decision"]) {
      for (const word of VOTE_DECISIONS)
        expect(
          recorded({ operation: "byzantine_detected", details: { [key]: word } }).details,
        ).toEqual({
          [key]: word,
        });
      expect(refused({ operation: "byzantine_detected", details: { [key]: "maybe" } }).field).toBe(
        `details.${key}`,
      );
    }
  });

  test("let further details of any type stand beside the known ones", () => {
    const details = { vote_id: "v1", original: "yes", weights: [1, 2] };
    expect(recorded({ operation: "vote_cast", details }).details).toEqual(details);
  });
});

describe("the log's clock", () => {
  test.each<[string, () => unknown]>([
    ["an invalid Date", () => new Date(Number.NaN)],
    ["a time before 1970", () => new Date(-1)],
    ["a number", () => 1_776_168_000_007],
    ["nothing", () => undefined],
  ])("that gives %s refuses the entry and names itself", (_, clock) => {
    const { audit, mirror } = recordedLog({ clock: clock as () => Date });
    expect(() => audit.logNodeRemoved({ did: "did:pqaid:dave" })).toThrow(
      expect.objectContaining({ code: "not_recorded", field: "clock" }),
    );
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
    expect(mirror.records).toEqual([]);
  });

  test("that throws is named too, and not mistaken for a processor ahead of the log", () => {
    const clock = (): Date => {
      throw new Error("no time");
    };
    const error = refusal(() =>
      recordedLog({ clock }).audit.logNodeRemoved({ did: "did:pqaid:dave" }),
    );
    expect(error).toMatchObject({ code: "not_recorded", field: "clock" });
    expect(error.message).not.toContain("processor");
  });
});
