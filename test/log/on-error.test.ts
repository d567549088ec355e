import { type DiagLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { afterEach, describe, expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { NODE } from "../fixtures/domain-objects.js";
import { recordedLog } from "../fixtures/recorded-log.js";
import { throwing } from "../fixtures/recording-mirror.js";

describe("onError", () => {
  afterEach(() => {
    diag.disable();
    vi.restoreAllMocks();
  });

  const watchedDiag = (): unknown[][] => {
    const said: unknown[][] = [];
    const silent = () => {};
    const logger: DiagLogger = {
      error: (...args) => said.push(args),
      warn: silent,
      info: silent,
      debug: silent,
      verbose: silent,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
    return said;
  };

  test("is process.emitWarning by default, since silence would hide a loss", () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const audit = new GovernanceAuditLog({ mirrors: [throwing(new Error("disk full"))] });
    audit.logNodeAdded(NODE);
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "delivery_failed" }),
    );
  });

  test("may throw: both errors go to the OpenTelemetry diagnostics", () => {
    const said = watchedDiag();
    const cause = new Error("onError is broken");
    const { audit, mirror } = recordedLog({
      mirrors: [throwing(new Error("disk full"))],
      onError: () => {
        throw cause;
      },
    });
    expect(audit.logNodeAdded(NODE).sequence).toBe(0);
    expect(audit.logNodeAdded(NODE).sequence).toBe(1);
    expect(mirror.sequences).toEqual([0, 1]);
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(cause);
    expect(said[0]).toContainEqual(expect.objectContaining({ code: "delivery_failed" }));
  });

  test("may reject: the error goes to the OpenTelemetry diagnostics", async () => {
    const said = watchedDiag();
    const cause = new Error("not reachable");
    const { audit } = recordedLog({
      mirrors: [throwing(new Error("disk full"))],
      onError: () => Promise.reject(cause) as unknown as undefined,
    });
    audit.logNodeAdded(NODE);
    await new Promise(setImmediate);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(cause);
  });

  test("may log, and is stopped if the mirror throws on those records too", () => {
    watchedDiag();
    const failing = throwing(new Error("disk full"));
    const { audit, mirror } = recordedLog({
      mirrors: [failing],
      onError: () => void audit.log({ operation: "mirror_failed" }),
    });
    audit.logNodeAdded(NODE);
    expect(audit.entries({ order: "oldest", limit: 2 }).map(({ operation }) => operation)).toEqual([
      "node_added",
      "mirror_failed",
    ]);
    expect(audit.length).toBeLessThanOrEqual(9);
    expect(mirror.sequences).toEqual(Array.from({ length: audit.length }, (_, index) => index));
  });
});
