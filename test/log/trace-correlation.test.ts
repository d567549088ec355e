import { context, INVALID_SPAN_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachedLog } from "../fixtures/attached-log.js";
import { NODE, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { recordedLog } from "../fixtures/recorded-log.js";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterAll(() => {
  context.disable();
});

const tracer = new TracerProvider().getTracer("app");

describe("logging inside an active span", () => {
  test("puts the trace and span ids into the entry, its line and its record", () => {
    const { audit, mirror } = recordedLog();
    const { entry, spanContext } = tracer.startActiveSpan("vote", (span) => ({
      entry: audit.logVoteCast(SIGNED_VOTE),
      spanContext: span.spanContext(),
    }));
    const { traceId, spanId } = spanContext;
    expect(entry).toMatchObject({ traceId, spanId });
    expect(JSON.parse(audit.exportNdjson())).toMatchObject({ trace_id: traceId, span_id: spanId });
    expect(mirror.records[0]?.spanContext).toEqual(spanContext);
  });

  test("takes the innermost span, and none after the last span", () => {
    const { audit } = recordedLog();
    const ids = tracer.startActiveSpan("outer", (outer) => {
      const inner = tracer.startActiveSpan("inner", (span) => {
        audit.logNodeAdded(NODE);
        return span.spanContext();
      });
      audit.logNodeAdded(NODE);
      return [inner, outer.spanContext()];
    });
    audit.logNodeAdded(NODE);
    const entries = audit.entries({ order: "oldest" });
    expect(entries.map(({ spanId }) => spanId)).toEqual([
      ids[0]?.spanId,
      ids[1]?.spanId,
      undefined,
    ]);
    expect(entries[0]?.traceId).toBe(entries[1]?.traceId);
    expect(entries[2]).not.toHaveProperty("traceId");
  });

  test("keeps the ids across awaits, and does not mix those of concurrent work", async () => {
    const { audit } = recordedLog();
    const vote = (voterDid: string): Promise<string> =>
      tracer.startActiveSpan("vote", async (span) => {
        await new Promise(setImmediate);
        await Promise.resolve();
        audit.logVoteCast({ vote: { ...SIGNED_VOTE.vote, voterDid } });
        return span.spanContext().traceId;
      });
    const [alice, bob] = await Promise.all([vote("alice"), vote("bob")]);
    expect(alice).not.toBe(bob);
    expect(audit.entries({ actorDid: "alice" })[0]?.traceId).toBe(alice);
    expect(audit.entries({ actorDid: "bob" })[0]?.traceId).toBe(bob);
  });

  test("puts the ids of an unsampled span into the entry too", () => {
    const { audit } = recordedLog();
    const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer("app");
    const entry = unsampled.startActiveSpan("vote", (span) => {
      expect(span.isRecording()).toBe(false);
      expect(audit.logNodeAdded(NODE).traceId).toBe(span.spanContext().traceId);
      return audit.entries()[0];
    });
    expect(entry?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test("takes the remote parent if there is no span", () => {
    const { audit } = recordedLog();
    const remote = {
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      traceFlags: 1,
      isRemote: true,
    };
    context.with(trace.setSpanContext(context.active(), remote), () => {
      expect(audit.logNodeAdded(NODE)).toMatchObject({
        traceId: "a".repeat(32),
        spanId: "b".repeat(16),
      });
    });
  });

  test("works for an attached log and for records of the app's own logger", () => {
    const { audit, provider, after } = attachedLog();
    const { traceId, spanId } = tracer.startActiveSpan("update", (span) => {
      audit.logNodeAdded(NODE);
      provider.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
      return span.spanContext();
    });
    expect(audit.entries()).toMatchObject([
      { operation: "policy_updated", traceId, spanId },
      { operation: "node_added", traceId, spanId },
    ]);
    expect(after.records.map(({ spanContext }) => spanContext?.spanId)).toEqual([spanId, spanId]);
  });

  test("works for what a mirror logs: the entry has the span of the call that it answers", () => {
    const { audit } = recordedLog({
      mirrors: [
        {
          onEmit: ({ eventName }) => {
            if (eventName === "governance.node_added") audit.log({ operation: "answered" });
          },
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    tracer.startActiveSpan("add", (span) => {
      audit.logNodeAdded(NODE);
      expect(audit.entries({ operation: "answered" })[0]?.spanId).toBe(span.spanContext().spanId);
    });
  });
});

describe("logging outside any span", () => {
  test("leaves the ids out", () => {
    const { audit, mirror } = recordedLog();
    expect(audit.logNodeAdded(NODE)).not.toHaveProperty("spanId");
    expect(mirror.records[0]?.spanContext).toBeUndefined();
    expect(audit.exportNdjson()).not.toContain("trace_id");
  });

  test("leaves the ids out if the span context is not valid, also for a record of the app", () => {
    const { audit, provider, after } = attachedLog();
    context.with(trace.setSpanContext(context.active(), INVALID_SPAN_CONTEXT), () => {
      audit.logNodeAdded(NODE);
      provider.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
    });
    for (const entry of audit.entries()) {
      expect(entry).not.toHaveProperty("traceId");
      expect(entry).not.toHaveProperty("spanId");
    }
    expect(after.records.map(({ spanContext }) => spanContext)).toEqual([undefined, undefined]);
  });

  test("writes a valid line, whatever ids a propagator extracted", () => {
    const { audit } = recordedLog();
    const ids = { traceId: '"}\n{"forged":"', spanId: '","seq":7,"x":"', traceFlags: 1 };
    context.with(trace.setSpanContext(context.active(), ids), () => audit.logNodeAdded(NODE));
    const lines = audit.exportNdjson().trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "").seq).toBe(0);
  });
});
