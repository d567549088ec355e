import { type Context, createContextKey, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { DRAFT, type Draft, DraftContext } from "../../src/log/draft.js";

const KEY = createContextKey("a value of the app");
const OTHER = createContextKey("another value of the app");
const draft = {} as Draft;

/** The same context twice: as quorumlog makes it, and as the API would. */
const both: [string, (below: Context) => Context][] = [
  ["a DraftContext", (below) => new DraftContext(below, draft)],
  ["the setValue of the API", (below) => below.setValue(DRAFT, draft)],
];

describe.each(both)("a draft in a context by %s", (_, withDraft) => {
  const below = ROOT_CONTEXT.setValue(KEY, 1);

  test("is there, beside what was there before", () => {
    const context = withDraft(below);
    expect(context.getValue(DRAFT)).toBe(draft);
    expect(context.getValue(KEY)).toBe(1);
    expect(context.getValue(OTHER)).toBeUndefined();
    expect(below.getValue(DRAFT)).toBeUndefined();
  });

  test("stays in contexts that are derived from it, and in the first one", () => {
    const context = withDraft(below);
    const derived = context.setValue(OTHER, 2).deleteValue(KEY);
    expect([DRAFT, KEY, OTHER].map((key) => derived.getValue(key))).toEqual([draft, undefined, 2]);
    expect([DRAFT, KEY, OTHER].map((key) => context.getValue(key))).toEqual([draft, 1, undefined]);
  });

  test("can be replaced by another draft, and deleted", () => {
    const nested = {} as Draft;
    const context = withDraft(below);
    expect(withDraft(below).setValue(DRAFT, nested).getValue(DRAFT)).toBe(nested);
    expect(context.deleteValue(DRAFT).getValue(DRAFT)).toBeUndefined();
    expect(context.deleteValue(DRAFT).getValue(KEY)).toBe(1);
  });

  test("stands beside a span that was set before or after it", () => {
    const spanContext = {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      traceFlags: 1,
    };
    expect(trace.getSpanContext(withDraft(trace.setSpanContext(below, spanContext)))).toBe(
      spanContext,
    );
    const above = trace.setSpanContext(withDraft(below), spanContext);
    expect(trace.getSpanContext(above)).toBe(spanContext);
    expect(above.getValue(DRAFT)).toBe(draft);
  });
});
