import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AuditError, GovernanceAuditLog, type MirrorLedger } from "../../src/index.js";
import { type OtlpMirrorOptions, otlpMirror } from "../../src/otlp/index.js";
import { Authority } from "../fixtures/certificates.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { LocalServer } from "../fixtures/local-server.js";
import { type Answer, accepted, OtlpServer } from "../fixtures/otlp-server.js";
import { until } from "../fixtures/until.js";

/** A log that tries again soon, with one pending record. It ends with the test. */
function started(options: OtlpMirrorOptions): {
  readonly audit: GovernanceAuditLog;
  readonly errors: readonly AuditError[];
  readonly line: () => MirrorLedger;
} {
  const errors: AuditError[] = [];
  const audit = new GovernanceAuditLog({
    mirrors: [
      otlpMirror({ initialBackoffMillis: 5, maxBackoffMillis: 20, delayMillis: 1, ...options }),
    ],
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await audit.shutdown({ timeoutMillis: 1 }).catch(() => {});
  });
  audit.logNodeRemoved({ did: "did:pqaid:dave" });
  return { audit, errors, line: () => audit.ledger().mirrors["otlp"] as MirrorLedger };
}

function written(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** Answers with these bytes. */
const answering =
  (body: Uint8Array, headers: Record<string, string>): Answer =>
  (response) => {
    response.writeHead(200, headers).end(body);
  };

/** A server that answers each request with these bytes, and says no more. */
async function answersRaw(answer: string, isClosed: boolean): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(answer);
      if (isClosed) socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
}

/** Expects that the fault is reported after the first attempt, and that the record is kept. */
async function expectReported(options: OtlpMirrorOptions, reason: RegExp): Promise<void> {
  const { errors, line } = started(options);
  await until(() => errors.length > 0);
  expect(errors[0]?.message).toMatch(reason);
  expect(errors[0]?.message).toMatch(/; check the address and the credentials; records are kept$/);
  expect(errors[0]?.message).not.toMatch(/[\r\n]/);
  expect(line()).toMatchObject({ pending: 1, rejected: 0 });
  expect(line().lastError).toMatch(reason);
}

describe("an answer that is compressed, though the request asks for identity,", () => {
  const codings: [name: string, encode: (text: string) => Uint8Array][] = [
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["GZIP", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
    ["identity", Buffer.from],
  ];
  test.each(codings)("is read: %s", async (name, encode) => {
    const headers = { "content-type": "application/json", "content-encoding": name };
    await using server = await OtlpServer.start(answering(encode("{}"), headers));
    const { audit, errors } = started({ url: server.url });
    await audit.flush();
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("identity");
    const body = JSON.stringify({ partialSuccess: { rejectedLogRecords: 1, errorMessage: "old" } });
    server.answer = answering(encode(body), headers);
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    await audit.flush().catch(() => {});
    expect(errors[0]?.message).toMatch(/sequence 1 was rejected: partial success, 1 refused: old/);
  });

  test.each<[what: string, coding: string, body: Uint8Array]>([
    ["becomes too long", "gzip", gzipSync(" ".repeat(50_000_000))],
    ["breaks off", "gzip", gzipSync("{}").subarray(0, -9)],
    ["is not what it says", "br", Buffer.from("{}")],
    ["has a coding that nobody knows", "rot13", Buffer.from("{}")],
    ["has the name of a property", "constructor", Buffer.from("{}")],
  ])("is a fault of the configuration if it %s", async (_, coding, body) => {
    await using server = await OtlpServer.start(answering(body, { "content-encoding": coding }));
    await expectReported({ url: server.url }, /HTTP 200: not an answer of OTLP/);
  });
});

describe("a fault of the configuration is reported at once:", () => {
  const authority = new Authority();

  test("a wrong port", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expectReported({ url: `http://127.0.0.1:${port}` }, /ECONNREFUSED 127\.0\.0\.1/);
  });

  test("https to a server of plain HTTP", async () => {
    await using server = await OtlpServer.start();
    const url = server.url.replace("http:", "https:");
    await expectReported({ url }, /TLS: wrong version number/);
  });

  test("http to a server with TLS that closes the connection", async () => {
    await using server = await LocalServer.start(async () => {}, authority.issue("localhost"));
    await expectReported({ url: server.origin.replace("https:", "http:") }, /ECONNRESET|hang up/);
  });

  test.each([
    "Client sent an HTTP request to an HTTPS server.\n",
    "<h1>400</h1>The plain HTTP request was sent to HTTPS port",
    "You're speaking plain HTTP to an SSL-enabled server port.",
  ])("http to a server with TLS that answers %j", async (page) => {
    await using server = await OtlpServer.start((response) => response.writeHead(400).end(page));
    await expectReported({ url: server.url }, /HTTP 400: .*HTTP/);
  });

  test("a server that speaks neither", async () => {
    const url = await answersRaw("SSH-2.0-OpenSSH_9.6\r\n", true);
    await expectReported({ url }, /Parse Error/);
  });

  test("a server that accepts the connection and says nothing", async () => {
    await using server = await OtlpServer.start(() => {});
    await expectReported({ url: server.url, timeoutMillis: 20 }, /timeout: no answer after 20 ms/);
  });

  test.each<[what: string, hosts: string[], days: number, isTrusted: boolean, reason: RegExp]>([
    ["an untrusted certificate", ["127.0.0.1"], 1, false, /self-signed certificate|unable to/],
    ["a certificate of another host", ["collector.example"], 1, true, /IP: 127\.0\.0\.1 is not/],
    ["a certificate that has expired", ["127.0.0.1"], -1, true, /certificate has expired/],
  ])("%s", async (_, hosts, days, isTrusted, reason) => {
    const { cert, key } = authority.issue("collector", { hosts, days });
    await using server = await LocalServer.start(async () => {}, { cert, key });
    const certificate = isTrusted ? written("ca.pem", authority.cert) : undefined;
    await expectReported({ url: server.origin, certificate }, reason);
  });

  test("a server that wants to know the client", async () => {
    const { cert, key } = authority.issue("collector", { hosts: ["127.0.0.1"] });
    const tls = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    await using server = await LocalServer.start(async () => {}, tls);
    await expectReported(
      { url: server.origin, certificate: written("ca.pem", authority.cert) },
      /TLS: |ECONNRESET|hang up/,
    );
  });

  test("an agent that does not fit the URL, and a function that makes none", async () => {
    const url = "https://127.0.0.1:1/v1/logs";
    await expectReported({ url, agent: new Agent() }, /Protocol "https:" not supported/);
    const none = () => Promise.reject(new Error("no proxy is set"));
    await expectReported({ url, agent: none }, /no proxy is set/);
  });
});

describe("an address that has answered before", () => {
  test("is not reported at once when it refuses connections: it may be restarting", async () => {
    const server = await OtlpServer.start();
    const { audit, errors, line } = started({ url: server.url });
    await audit.flush();
    await server[Symbol.asyncDispose]();
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    // the first attempt may go over the connection that the server is just closing
    await until(() => line().lastError?.includes("ECONNREFUSED") === true);
    expect(line()).toMatchObject({ delivered: 1, pending: 1, rejected: 0 });
    expect(line().lastError).toMatch(/ECONNREFUSED/);
    expect(errors).toEqual([]);
  });
});

test("a request that a shutdown ends leaves the reason of the failure before it", async () => {
  await using server = await OtlpServer.start((response) => {
    response.writeHead(503).end("the disk is full");
  });
  const { audit, line } = started({ url: server.url });
  await until(() => line().lastError !== undefined);
  server.answer = () => {}; // never
  const { length } = server.requests;
  await until(() => server.requests.length > length);
  await expect(audit.shutdown({ timeoutMillis: 50 })).rejects.toThrow(/the disk is full/);
  expect(line()).toMatchObject({ pending: 1, lastError: expect.stringContaining("disk is full") });
});

describe("the agent of the options", () => {
  test("makes the connections, and is left open", async () => {
    await using server = await OtlpServer.start();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const { audit } = started({ url: server.url, agent });
    await audit.shutdown();
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
  });

  test("is made once by a function, which is told the protocol", async () => {
    await using server = await OtlpServer.start();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const asked: string[] = [];
    const { audit } = started({
      url: server.url,
      agent: async (protocol) => {
        asked.push(protocol);
        return agent;
      },
    });
    await audit.flush();
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    await audit.flush();
    expect(asked).toEqual(["http:"]);
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
  });

  test("is closed by the mirror if it is the mirror's own", async () => {
    await using server = await OtlpServer.start(accepted);
    const { audit } = started({ url: server.url });
    await audit.shutdown();
    await until(() => server.connections === 0);
  });
});

describe("an answer that OTLP does not have", () => {
  test.each([
    ["101", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"],
    ["003", "HTTP/1.1 003 What\r\nContent-Length: 0\r\n\r\n"],
    ["302", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9\r\nContent-Length: 0\r\n\r\n"],
    ["304", "HTTP/1.1 304 Not Modified\r\n\r\n"],
  ])("is reported at once, HTTP %s", async (status, answer) => {
    for (const isClosed of [false, true])
      await expectReported(
        { url: await answersRaw(answer, isClosed), timeoutMillis: 60_000 },
        new RegExp(`HTTP ${Number(status)}`),
      );
  });

  test.each([
    ["204", "HTTP/1.1 204 No Content\r\n\r\n"],
    [
      "200 after 100, 102 and 103",
      `${[100, 102, 103].map((status) => `HTTP/1.1 ${status} Wait\r\n\r\n`).join("")}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    ],
    [
      "200 that ends with the connection",
      "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}",
    ],
  ])("is a success if it refuses nothing, HTTP %s", async (_, answer) => {
    const { audit, line } = started({ url: await answersRaw(answer, true) });
    await audit.flush();
    expect(line()).toMatchObject({ delivered: 1, pending: 0 });
  });

  test.each([
    ["a head alone", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["a body without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
    ["a promise to go on", "HTTP/1.1 103 Early Hints\r\n\r\n"],
    ["a promise that nobody knows", "HTTP/1.1 199 What\r\n\r\n"],
  ])("ends with the time-out, or with the connection: %s", async (_, answer) => {
    for (const isClosed of [false, true])
      await expectReported(
        { url: await answersRaw(answer, isClosed), timeoutMillis: isClosed ? 60_000 : 100 },
        isClosed ? /aborted|hang up/ : /timeout: no answer after 100 ms/,
      );
  });
});
