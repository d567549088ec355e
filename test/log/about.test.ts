import { AsyncLocalStorage } from "node:async_hooks";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import {
  type About,
  type AboutEveryCall,
  ACTOR_DETAILS,
  type Actor,
  AuditLogProcessor,
  GovernanceAuditLog,
  OPERATION_DETAILS,
  type Operation,
} from "../../src/index.js";
import {
  atNoon,
  EVIDENCE,
  GRANT,
  NODE,
  NOON,
  PROPOSAL,
  RESULT,
  SIGNED_VOTE,
} from "../fixtures/domain-objects.js";
import { recordedLog, refusal, refusedWithoutTrace } from "../fixtures/recorded-log.js";

const CALLS: Readonly<Record<Operation, (audit: GovernanceAuditLog, about?: About) => unknown>> = {
  proposal_created: (audit, about) => audit.logProposalCreated(PROPOSAL, about),
  vote_cast: (audit, about) => audit.logVoteCast(SIGNED_VOTE, about),
  consensus_reached: (audit, about) => audit.logConsensusReached(RESULT, about),
  byzantine_detected: (audit, about) => audit.logByzantineDetected(EVIDENCE, about),
  node_added: (audit, about) => audit.logNodeAdded(NODE, about),
  node_removed: (audit, about) => audit.logNodeRemoved(NODE, about),
  authorization_granted: (audit, about) => audit.logAuthorizationGranted(GRANT, about),
  authorization_revoked: (audit, about) => audit.logAuthorizationRevoked(GRANT, about),
};

const ACTOR: Required<Actor> = {
  type: "agent",
  onBehalfOf: "did:pqaid:alice",
  authMethod: "webauthn",
  sessionId: "5f1c",
  clientAddress: "2001:db8::1",
  userAgent: "console/4",
};
const OF_ACTOR = {
  actor_type: "agent",
  on_behalf_of: "did:pqaid:alice",
  auth_method: "webauthn",
  session_id: "5f1c",
  client_address: "2001:db8::1",
  user_agent: "console/4",
};

describe.each(Object.entries(CALLS))("about of %s", (operation, call) => {
  const timestamp = new Date("2026-04-01T08:00:00.123Z");

  test("records the actor, more details and the time beside what the helper records", () => {
    const { audit } = recordedLog({ clock: atNoon });
    call(audit);
    const plain = audit.get(0);
    call(audit, { actor: ACTOR, details: { ticket: ["OPS-7"] }, timestamp });
    expect(audit.get(1)).toStrictEqual({
      ...plain,
      sequence: 1,
      id: expect.any(String),
      leafHash: expect.any(String),
      timestamp: "2026-04-01T08:00:00.123Z",
      recordedAt: NOON,
      details: { ...plain?.details, ticket: ["OPS-7"], ...OF_ACTOR },
    });
  });

  test("that is empty changes nothing", () => {
    const { audit } = recordedLog({ clock: atNoon });
    call(audit);
    const absent = { actor: undefined, details: undefined, timestamp: undefined };
    for (const about of [undefined, {}, absent, { details: {} }, { actor: null, details: null }])
      call(audit, about as About);
    const [plain, ...others] = audit.entries({ order: "oldest" });
    for (const other of others)
      expect(other).toStrictEqual({
        ...plain,
        sequence: other.sequence,
        id: other.id,
        leafHash: other.leafHash,
      });
  });

  test("refuses each detail that the helper or an actor writes, given or not", () => {
    const table = OPERATION_DETAILS[operation as keyof typeof OPERATION_DETAILS];
    for (const key of [...Object.keys(table), ...Object.keys(ACTOR_DETAILS)]) {
      const error = refusedWithoutTrace((audit) => call(audit, { details: { [key]: "x" } }));
      expect(error.field).toBe(`about.details.${key}`);
    }
  });
});

describe("about of log", () => {
  test("adds to an event of the app's own", () => {
    const { audit } = recordedLog({ clock: atNoon });
    const about = {
      actor: { type: "human" },
      details: { weight: 3 },
      timestamp: new Date(7),
    } as const;
    expect(audit.log({ operation: "deployed", details: { model: "m1" } }, about)).toMatchObject({
      timestamp: "1970-01-01T00:00:00.007Z",
      details: { model: "m1", weight: 3, actor_type: "human" },
    });
  });

  test.each<[string, object, object]>([
    ["about.timestamp", { timestamp: new Date(0) }, { timestamp: new Date(0) }],
    ["about.details.model", { details: { model: "m1" } }, { details: { model: "m1" } }],
    ["about.actor", { details: { session_id: "s" } }, { actor: { type: "human" } }],
    ["about.details.user_agent", {}, { details: { user_agent: "x" } }],
  ])("refuses what the event has too, at %s", (field, event, about) => {
    const error = refusedWithoutTrace((audit) =>
      audit.log({ operation: "deployed", ...event }, about),
    );
    expect(error.field).toBe(field);
  });

  test("takes an actor in the details of the event, as an older log has it", () => {
    const { audit } = recordedLog();
    expect(audit.log({ operation: "deployed", details: OF_ACTOR }).details).toEqual(OF_ACTOR);
  });
});

test.each<[string, unknown]>([
  ["about", "did:pqaid:alice"],
  ["about", null],
  ["about.actr", { actr: ACTOR }],
  ["about.actor", { actor: "human" }],
  ["about.actor.type", { actor: {} }],
  ["about.actor.type", { actor: { ...ACTOR, type: "robot" } }],
  ["about.actor.ip", { actor: { type: "human", ip: "::1" } }],
  ["about.actor.onBehalfOf", { actor: { type: "agent", onBehalfOf: "" } }],
  ["about.actor.sessionId", { actor: { type: "agent", sessionId: 7 } }],
  ["about.actor.userAgent", { actor: { type: "agent", userAgent: "\ud800" } }],
  ["about.details", { details: "x" }],
  ["about.details.at", { details: { at: new Date(0) } }],
  ["about.details.list[1]", { details: { list: [1, Number.NaN] } }],
  ["about.timestamp", { timestamp: "2026-04-14T12:00:00Z" }],
  ["about.timestamp", { timestamp: new Date(-1) }],
])("what cannot be recorded is refused at %s", (field, about) => {
  const error = refusedWithoutTrace((audit) => audit.logNodeRemoved(NODE, about as About));
  expect(error.field).toBe(field);
});

test("a getter of about that throws is refused with its path and cause", () => {
  const cause = new Error("trap");
  const throwing = (key: string, base: object = {}) =>
    Object.defineProperty({ ...base }, key, {
      enumerable: true,
      get: () => {
        throw cause;
      },
    });
  const type = "human";
  for (const [field, about] of [
    ["about.actor", throwing("actor")],
    ["about.details", throwing("details")],
    ["about.timestamp", throwing("timestamp")],
    ["about.actor.authMethod", { actor: throwing("authMethod", { type }) }],
  ] as const) {
    const error = refusedWithoutTrace((audit) => audit.logNodeRemoved(NODE, about as About));
    expect(error).toMatchObject({ field, cause });
  }
});

test("an own __proto__ in the details stays data", () => {
  const { audit } = recordedLog({ about: () => ({ details: { tenant: "acme" } }) });
  const details = JSON.parse('{"__proto__": {"polluted": true}}');
  const entry = audit.logNodeRemoved(NODE, { details });
  expect(Object.keys(entry.details)).toEqual(["tenant", "__proto__"]);
  expect((entry.details as { polluted?: boolean }).polluted).toBeUndefined();
});

describe("the option about", () => {
  const OPTION: AboutEveryCall = {
    actor: { type: "human", sessionId: "s1", clientAddress: "192.0.2.7" },
    details: { tenant: "acme", region: "eu" },
  };

  test("adds its actor and details to every call, and is asked once a call", () => {
    let asked = 0;
    const { audit } = recordedLog({
      about: () => {
        asked++;
        return OPTION;
      },
    });
    for (const call of Object.values(CALLS)) call(audit);
    audit.log({ operation: "deployed" });
    expect(asked).toBe(9);
    for (const { details } of audit.entries())
      expect(details).toMatchObject({
        tenant: "acme",
        region: "eu",
        actor_type: "human",
        session_id: "s1",
        client_address: "192.0.2.7",
      });
  });

  test("yields to the call: to its actor as a whole, to its details key by key", () => {
    const { audit } = recordedLog({ about: () => OPTION });
    const about = { actor: { type: "service" }, details: { region: "us" } } as const;
    const { details } = audit.logNodeRemoved(NODE, about);
    expect(details).toEqual({ tenant: "acme", region: "us", actor_type: "service" });
    const own = audit.log({ operation: "deployed", details: { tenant: "b", actor_type: "agent" } });
    expect(own.details).toEqual({ tenant: "b", region: "eu", actor_type: "agent" });
  });

  test.each([undefined, null, {}, { actor: undefined }])("that gives %o adds nothing", (given) => {
    const { audit } = recordedLog({ about: () => given as AboutEveryCall });
    expect(audit.logNodeRemoved(NODE).details).toEqual({});
  });

  test("refuses the call when it throws, and keeps the cause", () => {
    const cause = new Error("no request");
    const { audit, mirror } = recordedLog({
      about: () => {
        throw cause;
      },
    });
    const error = refusal(() => audit.logNodeRemoved(NODE));
    expect(error).toMatchObject({ code: "invalid_entry", field: "about", cause });
    expect(audit.length + mirror.records.length + audit.ledger().accepted).toBe(0);
  });

  test.each<[string, unknown]>([
    ["about()", "human"],
    ["about()", () => OPTION],
    ["about", Promise.resolve(OPTION)],
    ["about().timestamp", { timestamp: new Date(0) }],
    ["about().actor.type", { actor: { type: "robot" } }],
    ["about().details.reason", { details: { reason: "x" } }],
    ["about().details.user_agent", { details: { user_agent: "x" } }],
  ])("refuses the call at %s", (field, given) => {
    const { audit } = recordedLog({ about: () => given as AboutEveryCall });
    expect(refusal(() => audit.logNodeRemoved(NODE))).toMatchObject({
      code: "invalid_entry",
      field,
    });
    expect(audit.length).toBe(0);
  });

  test.each([null, "human", {}])("must be a function, not %o", (about) => {
    const options = { about } as never;
    expect(refusal(() => new GovernanceAuditLog(options))).toMatchObject({
      code: "invalid_options",
      field: "about",
    });
  });

  test("of a processor speaks for an attached log and for the app's own logger", () => {
    const processor = new AuditLogProcessor({ about: () => OPTION });
    const loggerProvider = new LoggerProvider({ processors: [processor] });
    const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
    audit.logNodeRemoved(NODE);
    const attributes = { "governance.operation": "deployed", "governance.details.tenant": "app" };
    loggerProvider.getLogger("app").emit({ attributes });
    expect(audit.get(0)?.details).toMatchObject({ tenant: "acme", session_id: "s1" });
    expect(audit.get(1)?.details).toMatchObject({ tenant: "app", session_id: "s1" });
  });

  test("is seen by redact, which can leave out what it gives", () => {
    const { audit, mirror } = recordedLog({
      about: () => OPTION,
      redact: ({ details: { client_address: _, ...details } = {}, ...event }) => ({
        ...event,
        details,
      }),
    });
    expect(audit.logNodeRemoved(NODE).details).toMatchObject({ session_id: "s1" });
    expect(audit.exportNdjson() + JSON.stringify(mirror.seen)).not.toContain("192.0.2.7");
  });

  test("tells requests apart by an AsyncLocalStorage", async () => {
    const request = new AsyncLocalStorage<AboutEveryCall>();
    const { audit } = recordedLog({ about: () => request.getStore() });
    const handle = (sessionId: string) =>
      request.run({ actor: { type: "human", sessionId } }, async () => {
        await Promise.resolve();
        return audit.logNodeRemoved(NODE).details.session_id;
      });
    expect(await Promise.all(["a", "b", "c"].map(handle))).toEqual(["a", "b", "c"]);
    expect(audit.logNodeRemoved(NODE).details).toEqual({});
  });
});
