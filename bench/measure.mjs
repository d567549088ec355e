import { Bench } from "tinybench";

/** Calls in one timed sample, so that the timer's own cost does not count. */
const CALLS = 100;

/**
 * Measures tasks side by side: in each round every task runs once, in turn, so that what else the machine does falls on
 * all of them alike. Returns the median over the rounds of each task's time a call, in nanoseconds.
 *
 * @param {Record<string, () => () => unknown>} tasks - Makes the function to call, anew for each round.
 */
export function sideBySide(tasks, { rounds = 9, millis = 150 } = {}) {
  const times = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, make] of Object.entries(tasks)) {
      const call = make();
      globalThis.gc(); // what the task before held must not weigh on this one
      const bench = new Bench({
        time: millis,
        iterations: 2,
        warmup: round === 0,
        warmupTime: 300,
        warmupIterations: 2,
      });
      bench.add(name, () => {
        for (let i = 0; i < CALLS; i++) call();
      });
      bench.runSync();
      // the mean, not the median: what the garbage collector takes is part of the price
      times[name].push((bench.tasks[0].result.latency.mean * 1e6) / CALLS);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/**
 * Runs peers so many rounds, each once a round, and changes who goes first; one round before them warms up. Returns a
 * function that gives the median over the rounds of what it is asked to make of one.
 *
 * @param {Record<string, () => Promise<unknown>>} peers
 */
export async function inTurns(peers, rounds) {
  const found = [];
  for (let round = 0; round <= rounds; round++) {
    const order = Object.keys(peers);
    if (round % 2 === 1) order.reverse();
    const results = {};
    for (const name of order) results[name] = await peers[name]();
    if (round > 0) found.push(results);
  }
  return (value) => median(found.map(value));
}

/** Latency of single calls, in microseconds. */
export function latency(call, { millis = 400 } = {}) {
  const bench = new Bench({ time: millis, warmupTime: 100, retainSamples: true });
  bench.add("call", call);
  bench.runSync();
  const { latency: found } = bench.tasks[0].result;
  return { median: found.p50 * 1e3, p99: found.p99 * 1e3 };
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Prints rows as a table; the first row is the head. */
export function table(rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  for (const row of rows)
    console.log(
      `  ${row.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join("  ")}`,
    );
}

export const ns = (value) => `${value.toFixed(0)} ns`;
export const us = (value) => `${value.toFixed(1)} us`;
export const times = (value) => `${value.toFixed(2)} x`;
