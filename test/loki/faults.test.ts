import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LokiAuditReader } from "../../src/loki/index.js";
import { FakeLoki, type Script } from "../fixtures/fake-loki.ts";
import { logOf, readerOf, SELECTOR, send } from "../fixtures/loki-records.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.01); // waits are a random part of a bound
});
afterEach(() => {
  vi.restoreAllMocks();
});

const always =
  (status: number, body = "", headers: Record<string, string> = {}): Script =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };

const times =
  (count: number, script: Script): Script =>
  (query, response, number) =>
    number <= count && script(query, response, number);

describe("a Loki that does not answer as it should", () => {
  test.each<[string, Script]>([
    ["is busy", always(429, "too many outstanding requests", { "retry-after": "0" })],
    ["is down behind its gateway", always(502, "<html>bad gateway</html>")],
    ["has an error of its own", always(500, "rpc error")],
    ["closes the connection", (_, response) => response.destroy() !== undefined],
    [
      "cuts its answer off",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" }).write('{"status":"succ');
        setTimeout(() => response.destroy(), 20);
        return true;
      },
    ],
    ["ends its answer early", always(200, '{"status":"success","data":{"result":[')],
  ])("and %s is asked again", async (_, script) => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(3));
    loki.script = times(2, script);
    expect(await readerOf(loki).entries()).toHaveLength(3);
    expect(loki.queries).toHaveLength(2 + 2);
    loki.script = script;
    await expect(readerOf(loki).entries()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(loki.queries).toHaveLength(4 + 5);
  });

  test.each<[string, Script, RegExp]>([
    [
      "asks for credentials",
      always(401, "no org id"),
      /HTTP 401: no org id; check the headers and the tenant/,
    ],
    ["is somewhere else", always(404, "not found"), /HTTP 404: not found; check the url/],
    ["sends to another place", always(302, "", { location: "http://127.0.0.1:1/" }), /HTTP 302/],
    [
      "is a web page",
      always(200, "<!doctype html>\n<title>Log in</title>"),
      /not Loki's: <!doctype html> <title>/,
    ],
    [
      "answers with other results",
      always(200, '{"status":"success","data":{"result":[{"metric":{}}]}}'),
      /not Loki's/,
    ],
    ["sends more than was asked for", always(200, answer("1")), /does not fit the question/],
    [
      "refuses for a reason of its own",
      always(400, "max query bytes"),
      /HTTP 400: max query bytes/,
    ],
    [
      "asks for more patience than anybody has",
      always(429, "", { "retry-after": "3600" }),
      /HTTP 429/,
    ],
  ])("and %s is asked once or told at once", async (_, script, message) => {
    await using loki = await FakeLoki.start();
    loki.script = script;
    const error = await readerOf(loki)
      .entries()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "delivery_failed",
      message: expect.stringMatching(message),
    });
    expect(loki.queries.length).toBeLessThanOrEqual(5);
  });

  test("says that the selector is wrong where it cannot be read", async () => {
    await using loki = await FakeLoki.start();
    loki.script = always(
      400,
      "parse error : queries require at least one regexp or equality matcher",
    );
    await expect(readerOf(loki).entries()).rejects.toMatchObject({
      code: "invalid_options",
      field: "selector",
    });
  });

  test("waits as long as a Retry-After says", async () => {
    await using loki = await FakeLoki.start();
    loki.script = times(1, always(503, "", { "retry-after": "1" }));
    const start = performance.now();
    await readerOf(loki).entries();
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  test("is given up after some time-outs", async () => {
    await using loki = await FakeLoki.start();
    loki.script = () => true;
    await expect(readerOf(loki, { timeoutMillis: 250 }).entries()).rejects.toMatchObject({
      code: "delivery_failed",
      message: "Loki: no answer in 250 ms",
    });
    // each asks for less; on a busy machine, one may time out before it is sent
    const limits = loki.queries.map(({ limit }) => limit);
    expect(limits.join(" ")).toMatch(/^(?:100 ?)?(?:25 ?)?(?:6 ?)?(?:1 ?){0,2}$/);
    expect(limits.length).toBeGreaterThan(0);
  });

  test("is given up when nobody listens, and says so", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const reader = new LokiAuditReader({ url: `http://127.0.0.1:${port}`, selector: SELECTOR });
    await expect(reader.entries()).rejects.toThrow(/ECONNREFUSED/);
  });

  test("is given up when no address of its host answers, and says so for each", async () => {
    const refused = ["::1", "127.0.0.1"].map((host) => new Error(`connect ECONNREFUSED ${host}`));
    const cause = new AggregateError(refused); // what node:net gives for localhost
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause }));
    const reader = new LokiAuditReader({ url: "http://localhost:1", selector: SELECTOR });
    await expect(reader.entries()).rejects.toMatchObject({
      message: "Loki: fetch failed: connect ECONNREFUSED ::1, connect ECONNREFUSED 127.0.0.1",
    });
  });

  test("is left with the reason of the signal", async () => {
    await using loki = await FakeLoki.start();
    const reason = new Error("the user has gone");
    await expect(readerOf(loki).entries({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(loki.queries).toEqual([]);
    const asked = new AbortController();
    loki.script = () => {
      asked.abort(reason);
      return true;
    };
    await expect(readerOf(loki).count({}, { signal: asked.signal })).rejects.toBe(reason);
    const waiting = new AbortController();
    loki.script = (_, response) => {
      response.writeHead(429, { "retry-after": "20" }).end();
      setTimeout(() => waiting.abort(reason), 50);
      return true;
    };
    await expect(readerOf(loki).page({}, { signal: waiting.signal })).rejects.toBe(reason);
  });

  test("does not answer a query that no reader does", async () => {
    await using loki = await FakeLoki.start();
    await expect(readerOf(loki).entries({ limit: -1 })).rejects.toMatchObject({
      code: "invalid_query",
      field: "limit",
    });
  });
});

function answer(nanos: string): string {
  return JSON.stringify({ data: { result: [{ stream: {}, values: [[nanos, "x", {}]] }] } });
}
