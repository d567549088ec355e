import { expect, test } from "vitest";
import { bench } from "../fixtures/bench.ts";
import { describeBackends } from "./backends.ts";

describeBackends("the benchmark of the real Collector and Loki", () => {
  test("runs to its end and prints its tables", async () => {
    const { code, stdout, stderr } = await bench("backends");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^ {2}.* x$/gm)?.length).toBe(3 + 3);
  });
});
