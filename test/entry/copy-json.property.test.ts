import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyJsonObject } from "../../src/entry/copy-json.js";
import { AuditError, GovernanceAuditLog } from "../../src/index.js";
import { finite, jsonObject } from "../fixtures/arbitrary-json.js";
import { runs } from "../fixtures/long-runs.js";

/** Visits every container in a value once. */
function containers(value: unknown, visit: (container: object) => void): void {
  if (typeof value !== "object" || value === null) return;
  visit(value);
  for (const member of Object.values(value)) containers(member, visit);
}

/** Spoils everything that can be spoilt in a value. */
function scramble(value: unknown): void {
  containers(value, (container) => {
    for (const key of Object.keys(container)) {
      const member = (container as Record<string, unknown>)[key];
      if (typeof member !== "object" || member === null)
        Object.defineProperty(container, key, { value: "scrambled", enumerable: true });
    }
    if (Array.isArray(container)) container.push("scrambled");
    else Object.assign(container, { scrambled: true });
  });
}

describe("the copy of any JSON object", () => {
  test("says the same, with plain prototypes", () => {
    fc.assert(
      fc.property(jsonObject, (given) => {
        const copy = copyJsonObject(given, "details");
        expect(JSON.stringify(copy)).toBe(JSON.stringify(given));
        containers(copy, (container) => {
          const prototype = Array.isArray(container) ? Array.prototype : Object.prototype;
          expect(Object.getPrototypeOf(container)).toBe(prototype);
        });
      }),
      { numRuns: runs(500) },
    );
  });

  test("is frozen to its depths and shares no container with the original", () => {
    fc.assert(
      fc.property(jsonObject, (given) => {
        const originals = new Set<object>();
        containers(given, (container) => originals.add(container));
        containers(copyJsonObject(given, "details"), (container) => {
          expect(Object.isFrozen(container)).toBe(true);
          expect(originals.has(container)).toBe(false);
        });
      }),
      { numRuns: runs(300) },
    );
  });

  test("keeps every finite number, but for the sign of zero", () => {
    fc.assert(
      fc.property(finite, (number) => {
        const { copied } = copyJsonObject({ copied: number }, "details");
        expect(Object.is(copied, number === 0 ? 0 : number)).toBe(true);
      }),
    );
  });
});

describe("a log of any JSON", () => {
  test("is not changed by changing what was handed in", () => {
    fc.assert(
      fc.property(jsonObject, (details) => {
        const audit = new GovernanceAuditLog();
        audit.log({ operation: "policy_updated", details });
        const before = audit.exportNdjson() + audit.exportJson();
        scramble(details);
        expect(audit.exportNdjson() + audit.exportJson()).toBe(before);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("details of anything at all", () => {
  const anything = fc.dictionary(
    fc.string({ maxLength: 3 }),
    fc.anything({
      maxDepth: 4,
      maxKeys: 4,
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    }),
    { maxKeys: 4 },
  );

  test("are recorded as JSON.stringify would write them, or refused by their path and not at all", () => {
    let kept = 0;
    let refused = 0;
    fc.assert(
      fc.property(anything, (details) => {
        const audit = new GovernanceAuditLog();
        try {
          audit.log({ operation: "policy_updated", details } as never);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(AuditError);
          expect((error as AuditError).code).toBe("invalid_entry");
          expect((error as AuditError).field).toMatch(/^details/);
          expect(audit.length).toBe(0);
          return;
        }
        kept++;
        const [line = ""] = audit.lines();
        expect(JSON.parse(line).details).toEqual(JSON.parse(JSON.stringify(details)));
      }),
      { numRuns: runs(2000) },
    );
    expect(kept).toBeGreaterThan(runs(2000) / 20);
    expect(refused).toBeGreaterThan(runs(2000) / 20);
  });
});
