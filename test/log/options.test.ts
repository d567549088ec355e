import { describe, expect, test } from "vitest";
import {
  AuditLogProcessor,
  type AuditLogProcessorOptions,
  DEFAULT_LOG_ID,
  DEFAULT_MAX_ENTRIES,
  GovernanceAuditLog,
} from "../../src/index.js";
import { refusal } from "../fixtures/recorded-log.js";
import { RecordingMirror, reliableMirror } from "../fixtures/recording-mirror.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.each([
  ["AuditLogProcessor", AuditLogProcessor],
  ["GovernanceAuditLog", GovernanceAuditLog],
] as const)("new %s", (_, Log) => {
  const refused = (options: unknown) => refusal(() => new Log(options as AuditLogProcessorOptions));

  test("takes no options, and takes undefined for a default", () => {
    expect(new Log().logId).toMatch(new RegExp(`^${DEFAULT_LOG_ID}/`));
    expect(
      new Log({
        maxEntries: undefined,
        maxBytes: undefined,
        logId: undefined,
        clock: undefined,
        mirrors: undefined,
        redact: undefined,
        onError: undefined,
      }).length,
    ).toBe(0);
  });

  test.each(["maxEntries", "maxBytes"])("refuses a %s that is not a positive integer", (name) => {
    for (const value of [
      0,
      -1,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      "5",
      5n,
      null,
      true,
    ])
      expect(refused({ [name]: value })).toMatchObject({ code: "invalid_options", field: name });
  });

  test.each(["clock", "redact", "onError"])("refuses a %s that is not a function", (name) => {
    for (const value of [null, {}, "now", new Date(), Promise.resolve()])
      expect(refused({ [name]: value })).toMatchObject({ code: "invalid_options", field: name });
  });

  test.each([
    "",
    "two words",
    "tab\there",
    "line\nend",
    "nbsp\u00a0",
    "bom\ufeff",
    "a+b",
    "nul\0",
    "del\u007f",
    "nel\u0085",
    "lone\ud800",
    "x".repeat(256),
    "é".repeat(128),
  ])("refuses the logId %j", (logId) => {
    expect(refused({ logId })).toMatchObject({ code: "invalid_options", field: "logId" });
  });

  test("refuses a logId that is not a string", () => {
    for (const logId of [null, 7, {}, ["acme"], new String("acme")])
      expect(refused({ logId })).toMatchObject({ code: "invalid_options", field: "logId" });
  });

  test.each(["x", "acme.example/governance", "日本", "x".repeat(255), "é".repeat(127)])(
    "takes the logId %j and appends a UUID of this run",
    (logId) => {
      const [first, second] = [new Log({ logId }), new Log({ logId })];
      for (const log of [first, second]) {
        expect(log.logId.startsWith(`${logId}/`)).toBe(true);
        expect(log.logId.slice(logId.length + 1)).toMatch(UUID);
      }
      expect(first.logId).not.toBe(second.logId);
    },
  );

  test("refuses mirrors that are not an array of processors, and names the index", () => {
    const mirror = new RecordingMirror();
    for (const mirrors of [null, {}, "otlp", new Set([mirror])])
      expect(refused({ mirrors })).toMatchObject({ code: "invalid_options", field: "mirrors" });
    for (const wrong of [undefined, null, {}, () => {}, { ...mirror, onEmit: () => {} }])
      expect(refused({ mirrors: [mirror, wrong] })).toMatchObject({
        code: "invalid_options",
        field: "mirrors[1]",
      });
  });

  test.each(["onEmit", "forceFlush", "shutdown"] as const)(
    "says which method a mirror lacks: %s",
    (method) => {
      const mirror = { onEmit: () => {}, forceFlush: async () => {}, shutdown: async () => {} };
      expect(refused({ mirrors: [{ ...mirror, [method]: undefined }] }).message).toContain(
        `${method}()`,
      );
    },
  );

  test("refuses the same mirror twice, and two reliable mirrors with one name", () => {
    const mirror = new RecordingMirror();
    expect(refused({ mirrors: [mirror, mirror] }).field).toBe("mirrors[1]");
    const named = (name: string, reliable: boolean) =>
      reliable ? reliableMirror(name) : Object.assign(new RecordingMirror(), { name });
    expect(refused({ mirrors: [named("otlp", true), mirror, named("otlp", true)] })).toMatchObject({
      code: "invalid_options",
      field: "mirrors[2]",
    });
    expect(
      new Log({ mirrors: [named("otlp", true), named("loki", true)] }).ledger().mirrors,
    ).toHaveProperty("loki");
    expect(
      new Log({ mirrors: [named("otlp", false), named("otlp", false)] }).ledger().mirrors,
    ).toEqual({});
  });

  test.each(["ledger", "checkRoom", "useSpool", "reportTo", "name", "backfill"] as const)(
    "says which member of a reliable mirror is missing: %s",
    (member) => {
      const mirror = Object.assign(reliableMirror("otlp"), { [member]: undefined });
      expect(refused({ mirrors: [mirror] })).toMatchObject({
        code: "invalid_options",
        field: "mirrors[0]",
        message: expect.stringContaining(`has ${member}:`),
      });
    },
  );

  test("refuses an unknown option, since a misspelt one would have no effect", () => {
    for (const name of ["maxEntry", "max_entries", "journalPath", "onerror", "constructor"])
      expect(refused({ [name]: "audit.db" })).toMatchObject({
        code: "invalid_options",
        field: name,
      });
  });

  test("names the option in its message, and says what is expected", () => {
    expect(refused({ maxEntries: 0 }).message).toBe("maxEntries: expected a positive integer");
  });
});

describe("options", () => {
  test("that are not an object are refused", () => {
    for (const options of [null, 5, "audit.db", true]) {
      expect(refusal(() => new AuditLogProcessor(options as never)).code).toBe("invalid_options");
      expect(refusal(() => new GovernanceAuditLog(options as never)).code).toBe("invalid_options");
    }
  });

  test("of a processor have no resource, since its provider has one", () => {
    expect(refusal(() => new AuditLogProcessor({ resource: undefined } as never)).field).toBe(
      "resource",
    );
  });

  test("of a stand-alone log can have a resource, which must be a Resource", () => {
    for (const resource of ["clinic", 7, {}, { attributes: {} }])
      expect(refusal(() => new GovernanceAuditLog({ resource } as never))).toMatchObject({
        code: "invalid_options",
        field: "resource",
      });
  });

  test("bound memory to a hundred thousand entries by default", () => {
    expect(DEFAULT_MAX_ENTRIES).toBe(100_000);
  });

  test("are copied: a mirror that is added to the array later gets nothing", () => {
    const later = new RecordingMirror();
    const mirrors = [new RecordingMirror()];
    const audit = new GovernanceAuditLog({ mirrors });
    mirrors.push(later);
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect(mirrors[0]?.records).toHaveLength(1);
    expect(later.records).toHaveLength(0);
  });
});

describe("GovernanceAuditLog.attach", () => {
  const processor = new AuditLogProcessor();
  const loggerProvider = { getLogger: () => expect.fail("not asked for") };

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "processor"],
    ["null", null, "processor"],
    ["no processor", { loggerProvider }, "processor"],
    [
      "a processor of another kind",
      { loggerProvider, processor: new RecordingMirror() },
      "processor",
    ],
    ["no provider", { processor }, "loggerProvider"],
    ["a provider that gives no loggers", { processor, loggerProvider: {} }, "loggerProvider"],
    ["null for a provider", { processor, loggerProvider: null }, "loggerProvider"],
  ])("refuses %s", (_, parts, field) => {
    expect(refusal(() => GovernanceAuditLog.attach(parts as never))).toMatchObject({
      code: "invalid_options",
      field,
    });
  });
});
