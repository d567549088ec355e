import { logs } from "@opentelemetry/api";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import {
  AuditLogProcessor,
  GovernanceAuditLog,
  PROPOSAL_KINDS,
  type ProposalKind,
} from "../../src/index.js";
import { refusal } from "../fixtures/recorded-log.js";

// as an app's declaration in ProposalKinds makes it
const RETIRE = "retire-model" as ProposalKind;

const PROPOSAL = { proposalId: "p1", subjectId: "m1", kind: RETIRE };

describe("a log with kinds of the app's own", () => {
  const audit = () => new GovernanceAuditLog({ kinds: ["retire-model"] });

  test("records them with each helper that has a kind", () => {
    const log = audit();
    log.logProposalCreated({ ...PROPOSAL, proposerDid: "did:alice", title: "Retire m1" });
    log.logAuthorizationGranted(PROPOSAL);
    log.logAuthorizationRevoked(PROPOSAL);
    expect(log.count({ kind: RETIRE })).toBe(3);
  });

  test("records them with log, and after redact", () => {
    const log = new GovernanceAuditLog({ kinds: [RETIRE], redact: (event) => event });
    expect(log.log({ operation: "proposal_created", kind: RETIRE }).kind).toBe(RETIRE);
  });

  test("records them from the app's own logger", () => {
    const errors: unknown[] = [];
    const processor = new AuditLogProcessor({
      kinds: [RETIRE],
      onError: (error) => errors.push(error),
    });
    const provider = new LoggerProvider({ processors: [processor] });
    const attributes = { "governance.operation": "proposal_created", "governance.kind": RETIRE };
    provider.getLogger("app").emit({ attributes });
    expect(errors).toEqual([]);
    expect(processor.count({ kind: RETIRE })).toBe(1);
  });

  test("records them when it is attached", () => {
    const processor = new AuditLogProcessor({ kinds: [RETIRE] });
    const loggerProvider = new LoggerProvider({ processors: [processor] });
    const log = GovernanceAuditLog.attach({ loggerProvider, processor });
    expect(log.logAuthorizationGranted(PROPOSAL).kind).toBe(RETIRE);
    expect(loggerProvider).not.toBe(logs.getLoggerProvider());
  });

  test("records every kind if it says so, also through a helper and after redact", () => {
    const log = new GovernanceAuditLog({ kinds: "any", redact: (event) => event });
    const grant = { proposalId: "p1", subjectId: "m1", kind: "AUTHORIZE" as "authorize-model" };
    expect(log.logAuthorizationGranted(grant).kind).toBe("AUTHORIZE");
    expect(log.log({ operation: "proposal_created", kind: "my kind" }).kind).toBe("my kind");
    const code = "invalid_entry";
    expect(() => log.logAuthorizationGranted({ ...grant, kind: 7 as never })).toThrow(
      expect.objectContaining({ code, field: "kind" }),
    );
  });

  test("still records the nine kinds, and refuses any other", () => {
    const log = audit();
    for (const kind of PROPOSAL_KINDS) log.logAuthorizationGranted({ ...PROPOSAL, kind });
    const kind = "retire-modell" as ProposalKind;
    for (const record of [
      () => log.logAuthorizationGranted({ ...PROPOSAL, kind }),
      () => log.log({ operation: "proposal_created", kind }),
    ])
      expect(refusal(record)).toMatchObject({
        code: "invalid_entry",
        field: "kind",
        message: expect.stringContaining("delegation, retire-model"),
      });
    expect(log.length).toBe(PROPOSAL_KINDS.length);
  });

  test("does not change what another log records", () => {
    audit();
    expect(refusal(() => new GovernanceAuditLog().logAuthorizationGranted(PROPOSAL))).toMatchObject(
      {
        code: "invalid_entry",
        field: "kind",
      },
    );
  });

  test("has copied the option", () => {
    const kinds = ["retire-model"];
    const log = new GovernanceAuditLog({ kinds });
    kinds.push("other");
    const kind = "other" as ProposalKind;
    expect(refusal(() => log.logAuthorizationGranted({ ...PROPOSAL, kind })).field).toBe("kind");
  });
});

test.each([
  ["kinds", "retire-model"],
  ["kinds", null],
  ["kinds[0]", [5]],
  ["kinds[0]", [""]],
  ["kinds[1]", ["retire-model", "Retire"]],
  ["kinds[0]", ["retire_model"]],
  ["kinds[0]", ["a".repeat(65)]],
])("the option is refused with its path, %s: %j", (field, kinds) => {
  const options = { kinds } as { readonly kinds: readonly string[] };
  expect(refusal(() => new GovernanceAuditLog(options))).toMatchObject({
    code: "invalid_options",
    field,
  });
});
