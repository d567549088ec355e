import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AuditEvent, GovernanceAuditLog } from "../../src/index.js";
import { jsonObject, millis, text } from "../fixtures/arbitrary-json.js";
import { oracleLine, wireForm } from "../fixtures/canonical-form.js";
import { runs } from "../fixtures/long-runs.js";

const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const event: fc.Arbitrary<AuditEvent> = fc.record({
  operation: fc.stringMatching(/^x[a-z0-9_]{0,20}$/),
  proposalId: option(text),
  subjectId: option(text),
  kind: option(text),
  actorDid: option(text),
  decision: option(text),
  details: option(jsonObject),
  timestamp: option(millis.map((time) => new Date(time))),
});

const logId = fc.oneof(fc.constant("quorumlog"), fc.stringMatching(/^[!-*,-~¡-￯]{1,40}$/));

/** One event in a log of its own. */
const recorded = fc
  .tuple(event, millis, logId)
  .filter(([, , id]) => id.isWellFormed() && !/[\s\p{Cc}]/u.test(id))
  .map(([given, now, id]) => {
    const audit = new GovernanceAuditLog({ clock: () => new Date(now), logId: id });
    const entry = audit.log(given);
    const [line = ""] = audit.lines();
    return { audit, entry, line, given };
  });

describe("the canonical line of any event", () => {
  test("is what the npm package canonicalize writes of the same object", () => {
    fc.assert(
      fc.property(recorded, ({ audit, entry, line }) => {
        expect(line).toBe(oracleLine(audit.logId, entry));
      }),
      { numRuns: runs(1500) },
    );
  });

  test("gives the entry back by JSON.parse", () => {
    fc.assert(
      fc.property(recorded, ({ audit, entry, line }) => {
        expect(JSON.stringify(JSON.parse(line).details, sorted)).toBe(
          JSON.stringify(entry.details, sorted),
        );
        const { details: _, ...rest } = wireForm(audit.logId, entry);
        const { details: __, ...parsed } = JSON.parse(line);
        expect(parsed).toStrictEqual(rest);
      }),
      { numRuns: runs(500) },
    );
  });

  test("is one line: it holds no control character, and no line feed", () => {
    fc.assert(
      fc.property(recorded, ({ line }) => {
        for (let index = 0; index < line.length; index++)
          expect(line.charCodeAt(index)).toBeGreaterThanOrEqual(0x20);
      }),
      { numRuns: runs(300) },
    );
  });

  test("survives UTF-8, byte for byte, and has the leaf hash of these bytes", () => {
    fc.assert(
      fc.property(recorded, ({ entry, line }) => {
        const bytes = Buffer.from(line, "utf8");
        expect(bytes.toString("utf8")).toBe(line);
        const hash = createHash("sha256").update(Buffer.of(0)).update(bytes).digest("hex");
        expect(entry.leafHash).toBe(hash);
      }),
      { numRuns: runs(300) },
    );
  });

  test("stands in exportNdjson between line ends, as many as there are entries", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        const audit = new GovernanceAuditLog();
        for (const one of events) audit.log(one);
        const parts = audit.exportNdjson().split("\n");
        expect(parts.pop()).toBe("");
        expect(parts).toEqual([...audit.lines()]);
        expect(parts.map((line) => JSON.parse(line).seq)).toEqual(events.map((_, index) => index));
      }),
      { numRuns: runs(200) },
    );
  });
});

/** Orders the members of every object, so that integer-like keys compare. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
