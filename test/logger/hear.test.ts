import { EventEmitter } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { hear } from "../../src/logger/hear.js";

describe("hearers of an event", () => {
  test("share one listener, whatever their number, until the last of them ends", () => {
    const emitter = new EventEmitter();
    const hearers = Array.from({ length: 20 }, () => vi.fn());
    const ends = hearers.map((hearer) => hear(emitter, "error", hearer));
    expect(emitter.listenerCount("error")).toBe(1);
    emitter.emit("error", "cause", "transport");
    for (const hearer of hearers) expect(hearer.mock.calls).toEqual([["cause", "transport"]]);
    for (const end of ends.slice(1)) end();
    emitter.emit("error");
    expect(hearers.map((hearer) => hearer.mock.calls.length)).toEqual([2, ...Array(19).fill(1)]);
    ends[0]?.();
    ends[0]?.();
    expect(emitter.listenerCount("error")).toBe(0);
  });

  test("hear again after an end, and after the app removed all listeners", () => {
    const emitter = new EventEmitter();
    const hearer = vi.fn();
    hear(emitter, "error", hearer)();
    hear(emitter, "error", hearer);
    emitter.removeAllListeners();
    hear(emitter, "error", hearer);
    emitter.emit("error");
    expect(hearer).toHaveBeenCalledTimes(1);
  });

  test("of an object made from the emitter share the listener of the emitter", () => {
    const emitter = new EventEmitter();
    hear(Object.create(emitter), "error", () => {});
    hear(Object.create(Object.create(emitter)), "error", () => {});
    expect(emitter.listenerCount("error")).toBe(1);
  });
});
