import { Bench } from "tinybench";

/**
 * With the environment variable `BENCH_TINY`, each scenario runs with the second of the two sizes.
 * That takes a moment, and shows only that the scenario works.
 */
export const sized = (full, tiny) => (process.env.BENCH_TINY === undefined ? full : tiny);

/** Calls in one timed sample. With so many, the cost of the timer does not count. */
const CALLS = 100;

/**
 * Measures tasks side by side. In each round every task runs once, in turn, so that other work on
 * the machine affects all of them alike. Returns, for each task, the median over the rounds of the
 * time of a call, in nanoseconds.
 *
 * @param {Record<string, () => () => unknown>} tasks - Makes the function to call, anew for each
 * round.
 */
export function sideBySide(tasks, { rounds = sized(9, 1), millis = sized(150, 1) } = {}) {
  const times = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, make] of Object.entries(tasks)) {
      const call = make();
      globalThis.gc(); // so that this task does not pay for the memory of the one before
      const bench = new Bench({
        time: millis,
        iterations: 2,
        warmup: round === 0,
        warmupTime: sized(300, 1),
        warmupIterations: 2,
      });
      bench.add(name, () => {
        for (let i = 0; i < CALLS; i++) call();
      });
      bench.runSync();
      // The mean, not the median: garbage collection is part of the cost.
      times[name].push((bench.tasks[0].result.latency.mean * 1e6) / CALLS);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/**
 * Runs each peer once in each round, after one round that warms up. Every other round goes in
 * reverse order. Returns a function: it takes a function of the results of one round, and returns
 * the median of its values over the rounds.
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
  const bench = new Bench({
    time: sized(millis, 1),
    warmupTime: sized(100, 1),
    retainSamples: true,
  });
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
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]),
    );
    console.log(`  ${cells.join("  ")}`);
  }
}

export const ns = (value) => `${value.toFixed(0)} ns`;
export const us = (value) => `${value.toFixed(1)} us`;
export const times = (value) => `${value.toFixed(2)} x`;
