import { ExportResultCode } from "@opentelemetry/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExportError } from "../../src/delivery/index.js";
import { type Export, failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { startedProcessor } from "../fixtures/started-processor.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const TEN = [..."0123456789"];
const MINUTES = 60_000;

/** A processor over a backend, and how often the backend stored each body. */
function startedOver(takes: (stored: unknown[]) => Export) {
  const stored: unknown[] = [];
  const exporter = new ScriptedExporter(takes(stored));
  const started = startedProcessor(exporter, {
    initialBackoffMillis: 1000,
    maxBackoffMillis: 30_000,
  });
  const copies = (body: string): number => stored.filter((each) => each === body).length;
  return { ...started, exporter, copies };
}

/**
 * Stores what is not in `bad`. Says 2xx to every batch, and nothing else that can be read if one of
 * these is in it.
 */
const unreadableOver =
  (bad: readonly string[], error = new ExportError("HTTP 200: oops", { status: 200 })) =>
  (stored: unknown[]): Export =>
  (records, done) => {
    const bodies = records.map(({ body }) => body as string);
    stored.push(...bodies.filter((body) => !bad.includes(body)));
    if (bodies.some((body) => bad.includes(body))) done({ code: ExportResultCode.FAILED, error });
    else done({ code: ExportResultCode.SUCCESS });
  };

describe("a record for which a 2xx cannot be read", () => {
  test.each(TEN)("is rejected alone, and holds up no other: %s of ten", async (bad) => {
    const { processor, emit, errors, copies } = startedOver(unreadableOver([bad]));
    emit(...TEN);
    await vi.advanceTimersByTimeAsync(2 * MINUTES);
    expect(processor.ledger()).toMatchObject({ delivered: 9, pending: 0, rejected: 1 });
    expect(errors.at(-1)?.message).toMatch(/was rejected: HTTP 200: oops/);
    for (const body of TEN.filter((each) => each !== bad)) {
      expect(copies(body), body).toBeGreaterThan(0);
      expect(copies(body), body).toBeLessThanOrEqual(7);
    }
  });

  test.each([
    ["the first ones", ["0", "1", "2"]],
    ["the last ones", ["7", "8", "9"]],
    ["some", ["1", "4", "5"]],
    ["each but one", TEN.filter((each) => each !== "5")],
  ])("is one of several: %s", async (_, bad) => {
    const { processor, emit } = startedOver(unreadableOver(bad));
    emit(...TEN);
    await vi.advanceTimersByTimeAsync(20 * MINUTES);
    const rejected = bad.length;
    expect(processor.ledger()).toMatchObject({ delivered: 10 - rejected, pending: 0, rejected });
  });

  test("counts as one if the 2xx is a web page, and if it breaks off", async () => {
    for (const error of [
      new ExportError("a web page", { status: 200, misconfigured: true }),
      new ExportError("aborted", { status: 204 }),
    ]) {
      const { processor, emit } = startedOver(unreadableOver(["4"], error));
      emit(...TEN);
      await vi.advanceTimersByTimeAsync(2 * MINUTES);
      expect(processor.ledger()).toMatchObject({ delivered: 9, rejected: 1 });
    }
  });
});

describe("a backend whose 2xx can never be read", () => {
  test.each([
    ["from the start", 0],
    ["after it worked", 3],
  ])("loses no record, and gets them in order when it works again: %s", async (_, before) => {
    const { processor, emit, exporter } = startedOver(() => succeed);
    emit(...Array.from({ length: before }, (_, index) => `before ${index}`));
    await vi.advanceTimersByTimeAsync(MINUTES);
    exporter.takes = failWith(new ExportError("HTTP 200: oops", { status: 200 }));
    emit(...TEN);
    await vi.advanceTimersByTimeAsync(60 * MINUTES);
    expect(processor.ledger()).toMatchObject({ delivered: before, pending: 10, rejected: 0 });
    exporter.batches.length = 0;
    exporter.takes = succeed;
    await vi.advanceTimersByTimeAsync(MINUTES);
    expect(processor.ledger()).toMatchObject({ delivered: before + 10, pending: 0, rejected: 0 });
    const bodies = exporter.batches.flat().map(({ body }) => body as string);
    expect([...new Set(bodies)].filter((body) => TEN.includes(body))).toEqual(TEN);
  });

  test("says so at once if it is a web page", async () => {
    const page = new ExportError("a web page", { status: 200, misconfigured: true });
    const { emit, errors } = startedOver(unreadableOver(TEN, page));
    emit("0");
    await vi.advanceTimersByTimeAsync(2);
    expect(errors[0]?.message).toMatch(/a web page; check the address/);
  });
});

test("one unreadable 2xx among others costs a repetition, and no record", async () => {
  const { processor, emit, exporter } = startedOver(unreadableOver(["4"]));
  emit(...TEN);
  await vi.advanceTimersByTimeAsync(2);
  exporter.takes = succeed;
  await vi.advanceTimersByTimeAsync(MINUTES);
  expect(exporter.batches.map((batch) => batch.length)).toEqual([10, 10]);
  expect(processor.ledger()).toMatchObject({ delivered: 10, rejected: 0 });
});
