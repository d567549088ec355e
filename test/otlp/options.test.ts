import { afterEach, describe, expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { type OtlpMirrorOptions, otlpMirror } from "../../src/otlp/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { OtlpServer, type ReceivedRequest } from "../fixtures/otlp-server.js";
import { refusal, rejection } from "../fixtures/recorded-log.js";
import { until } from "../fixtures/until.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Sends one record by a mirror with these options, and returns the request that arrived. */
async function requestOf(
  server: OtlpServer,
  options?: OtlpMirrorOptions,
): Promise<ReceivedRequest> {
  await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror(options)] });
  audit.logNodeRemoved({ did: "did:pqaid:dave" });
  await audit.flush();
  const [request] = server.requests;
  expect(server.requests).toHaveLength(1);
  return request ?? expect.fail("no request");
}

describe("the options of an OTLP mirror", () => {
  test("send to the url as it is, a string or a URL", async () => {
    await using first = await OtlpServer.start();
    expect((await requestOf(first, { url: `${first.origin}/otlp/custom?x=1` })).path).toBe(
      "/otlp/custom?x=1",
    );
    await using second = await OtlpServer.start();
    expect((await requestOf(second, { url: new URL(second.url) })).path).toBe("/v1/logs");
  });

  test("send protobuf, by POST, uncompressed unless they say otherwise", async () => {
    await using server = await OtlpServer.start();
    const { method, headers, records } = await requestOf(server, { url: server.url });
    expect(method).toBe("POST");
    expect(headers["content-type"]).toBe("application/x-protobuf");
    expect(headers["content-encoding"]).toBeUndefined();
    expect(records).toHaveLength(1);
  });

  test("send JSON", async () => {
    await using server = await OtlpServer.start();
    const options = { url: server.url, protocol: "http/json" } as const;
    const { headers, records } = await requestOf(server, options);
    expect(headers["content-type"]).toBe("application/json");
    expect(records).toHaveLength(1);
  });

  test.each([
    "Accept-Encoding",
    "connection",
    "Content-Encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ])("cannot set %s: the mirror does, or another would break the request", (name) => {
    expect(refusal(() => otlpMirror({ headers: { [name]: "chunked" } }))).toMatchObject({
      code: "invalid_options",
      field: `headers.${name}`,
    });
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", `x-tenant=clinic,${name}=chunked`);
    const error = refusal(() => otlpMirror());
    expect(error).toMatchObject({ code: "invalid_options", field: "OTEL_EXPORTER_OTLP_HEADERS" });
    expect(error.message).toContain(name.toLowerCase());
  });

  test("say who asks, in the header user-agent", async () => {
    await using server = await OtlpServer.start();
    const headers = { "User-Agent": "clinic/1.0" };
    const request = await requestOf(server, { url: server.url, headers });
    expect(request.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "accept-encoding": "identity",
      "user-agent": "clinic/1.0",
    });
  });

  test("compress with gzip", async () => {
    await using server = await OtlpServer.start();
    const { headers, records } = await requestOf(server, { url: server.url, compression: "gzip" });
    expect(headers["content-encoding"]).toBe("gzip");
    expect(records).toHaveLength(1);
  });

  test("send headers, which are copied", async () => {
    await using server = await OtlpServer.start();
    const headers = { "x-tenant": "clinic" };
    await using audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.url, headers })],
    });
    headers["x-tenant"] = "changed";
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await audit.flush();
    expect(server.requests[0]?.headers["x-tenant"]).toBe("clinic");
  });

  test("bound a request by maxBatchSize", async () => {
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.url, maxBatchSize: 2 })],
    });
    for (let i = 0; i < 5; i++) audit.logNodeRemoved({ did: `did:pqaid:node-${i}` });
    await audit.flush();
    expect(server.requests.map((request) => request.records.length)).toEqual([2, 2, 1]);
    expect(server.records.map((record) => record.attributes["governance.sequence"])).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  test("send without a flush once delayMillis have passed", async () => {
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.url, delayMillis: 1 })],
    });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await until(() => server.records.length === 1);
  });

  test.each<[field: string, options: unknown]>([
    ["options", null],
    ["endpoint", { endpoint: "http://localhost:4318" }],
    ["url", { url: "localhost" }],
    ["url", { url: "localhost:4318/v1/logs" }],
    ["url", { url: "ftp://localhost/v1/logs" }],
    ["url", { url: 4318 }],
    ["url", { url: "" }],
    ["headers", { headers: new Map([["x-tenant", "clinic"]]) }],
    ["headers", { headers: new Headers({ "x-tenant": "clinic" }) }],
    ["headers", { headers: ["x-tenant"] }],
    ["headers", { headers: "x-tenant=clinic" }],
    ["headers", { headers: null }],
    ["headers.x-tenant", { headers: { "x-tenant": 7 } }],
    ["headers.x-tenant", { headers: { "x-tenant": "a\r\nx-other: b" } }],
    ["headers.x tenant", { headers: { "x tenant": "clinic" } }],
    ["compression", { compression: "br" }],
    ["timeoutMillis", { timeoutMillis: -1 }],
    ["timeoutMillis", { timeoutMillis: 0 }],
    ["timeoutMillis", { timeoutMillis: Number.NaN }],
    ["timeoutMillis", { timeoutMillis: Number.POSITIVE_INFINITY }],
    ["timeoutMillis", { timeoutMillis: "1000" }],
    ["delayMillis", { delayMillis: -1 }],
    ["delayMillis", { delayMillis: 2 ** 31 }],
    ["maxBatchSize", { maxBatchSize: 0 }],
    ["maxBatchSize", { maxBatchSize: 1.5 }],
    ["protocol", { protocol: "http/xml" }],
    ["certificate", { certificate: "" }],
    ["certificate", { certificate: "/nonexistent" }],
    ["clientKey", { clientKey: 7 }],
    ["agent", { agent: {} }],
    ["agent", { agent: null }],
    ["agent", { agent: "http://proxy:8080" }],
    ["agent", { agent: () => {}, certificate: "/etc/ssl/certs/ca.pem" }],
    ["agent", { agent: () => {}, clientKey: "client.key" }],
    ["exporter", { exporter: {} }],
    ["exporter", { exporter: null }],
    ["exporter", { exporter: new ScriptedExporter(), url: "http://localhost:4318/v1/logs" }],
    ["exporter", { exporter: new ScriptedExporter(), headers: {} }],
    ["exporter", { exporter: new ScriptedExporter(), compression: "gzip" }],
    ["exporter", { exporter: new ScriptedExporter(), timeoutMillis: 1000 }],
    ["exporter", { exporter: new ScriptedExporter(), protocol: "http/json" }],
    ["exporter", { exporter: new ScriptedExporter(), clientCertificate: "client.pem" }],
    ["exporter", { exporter: new ScriptedExporter(), agent: () => {} }],
  ])("are refused for %s: %o", (field, options) => {
    const error = refusal(() => otlpMirror(options as OtlpMirrorOptions));
    expect(error).toMatchObject({ code: "invalid_options", field });
  });

  test.each(["certificate", "clientKey"])(
    "never show %s if it is no path: somebody may give the key itself",
    (field) => {
      const key = Buffer.from("a key of 32 bytes, in base64 ...").toString("base64");
      const pem = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;
      for (const given of [key, pem, key.repeat(40)]) {
        const files = { clientKey: given, clientCertificate: given };
        const error = refusal(() =>
          otlpMirror(field === "certificate" ? { certificate: given } : files),
        );
        expect(error.message).toContain("its value is not shown");
        expect(`${error.message} ${error.stack}`).not.toContain(key);
      }
    },
  );

  test("never show the value of a header that they refuse", () => {
    const error = refusal(() => otlpMirror({ headers: { authorization: "Bearer s3cret\n" } }));
    expect(`${error.message} ${error.cause}`).not.toContain("s3cret");
  });

  test("may be undefined, which counts as absent", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", server.origin);
    const request = await requestOf(server, {
      url: undefined,
      headers: undefined,
      compression: undefined,
      timeoutMillis: undefined,
      maxBatchSize: undefined,
      delayMillis: undefined,
      exporter: undefined,
    });
    expect(request.path).toBe("/v1/logs");
  });
});

describe("the environment of an OTLP mirror", () => {
  test("OTEL_EXPORTER_OTLP_ENDPOINT gets /v1/logs appended", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `${server.origin}/gateway/`);
    expect((await requestOf(server)).path).toBe("/gateway/v1/logs");
  });

  test("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT has rank over that and is used as it is", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", `${server.origin}/logs-only`);
    expect((await requestOf(server)).path).toBe("/logs-only");
  });

  test("the url option has rank over both", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:9");
    expect((await requestOf(server, { url: server.url })).path).toBe("/v1/logs");
  });

  test("OTEL_EXPORTER_OTLP_HEADERS, _LOGS_HEADERS and the option are merged, in rising rank", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-all=1,x-logs=1,x-option=1");
    vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-logs=2,x-option=2");
    const { headers } = await requestOf(server, { url: server.url, headers: { "x-option": "3" } });
    expect(headers).toMatchObject({ "x-all": "1", "x-logs": "2", "x-option": "3" });
  });

  test.each<[content: string, env: Readonly<Record<string, string>>, options: OtlpMirrorOptions]>([
    ["application/json", { PROTOCOL: "http/json" }, {}],
    ["application/json", { PROTOCOL: "http/protobuf", LOGS_PROTOCOL: "http/json" }, {}],
    ["application/x-protobuf", { PROTOCOL: "http/protobuf" }, {}],
    ["application/x-protobuf", { PROTOCOL: "http/json", LOGS_PROTOCOL: "http/protobuf" }, {}],
    ["application/json", { PROTOCOL: "grpc" }, { protocol: "http/json" }],
    ["application/x-protobuf", { LOGS_PROTOCOL: "grpc" }, { protocol: "http/protobuf" }],
  ])("%s is sent with %j and %j", async (content, env, options) => {
    await using server = await OtlpServer.start();
    for (const [name, value] of Object.entries(env))
      vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value);
    const { headers, records } = await requestOf(server, { url: server.url, ...options });
    expect(headers["content-type"]).toBe(content);
    expect(records).toHaveLength(1);
  });

  test("OTEL_EXPORTER_OTLP_COMPRESSION compresses", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    expect((await requestOf(server, { url: server.url })).headers["content-encoding"]).toBe("gzip");
  });

  test("the compression option has rank over that", async () => {
    await using server = await OtlpServer.start();
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    const { headers } = await requestOf(server, { url: server.url, compression: "none" });
    expect(headers["content-encoding"]).toBeUndefined();
  });

  test.each<[name: string, env: Readonly<Record<string, string>>, options: OtlpMirrorOptions]>([
    ["OTEL_EXPORTER_OTLP_TIMEOUT", { OTEL_EXPORTER_OTLP_TIMEOUT: "50" }, {}],
    [
      "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
      { OTEL_EXPORTER_OTLP_TIMEOUT: "60000", OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "50" },
      {},
    ],
    ["the timeoutMillis option", { OTEL_EXPORTER_OTLP_TIMEOUT: "60000" }, { timeoutMillis: 50 }],
  ])("%s ends a request that gets no answer", async (_, env, options) => {
    await using server = await OtlpServer.start(() => {});
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.url, giveUpAfterMillis: 1, ...options })],
      onError: () => {},
    });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    expect((await rejection(audit.flush({ timeoutMillis: 5000 }))).message).toContain("timeout");
  });
});
