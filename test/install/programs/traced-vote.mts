// Apart from votes.mts: with pnpm, only an app that has OpenTelemetry itself can import it.
import assert from "node:assert/strict";
import { type SpanContext, trace } from "@opentelemetry/api";
import type { GovernanceAuditLog } from "quorumlog";
import { castVotes } from "./votes.mts";

/** Casts a vote within a span, checks that its entry has the ids of the span, and returns them. */
export function castTracedVote(audit: GovernanceAuditLog): SpanContext {
  return trace.getTracer("app").startActiveSpan("decide", (span) => {
    const [entry] = castVotes(audit, 1);
    span.end();
    const ids = span.spanContext();
    assert.deepEqual([entry?.traceId, entry?.spanId], [ids.traceId, ids.spanId]);
    return ids;
  });
}
