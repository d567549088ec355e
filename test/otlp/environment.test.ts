import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, test, vi } from "vitest";
import { configurationOf } from "../../src/otlp/configuration.js";
import { type OtlpMirrorOptions, otlpMirror } from "../../src/otlp/index.js";
import { resolveOptions } from "../../src/otlp/options.js";
import { Authority } from "../fixtures/certificates.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { refusal } from "../fixtures/recorded-log.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

function stub(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables))
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value);
}

const configured = (options: OtlpMirrorOptions = {}) =>
  configurationOf(resolveOptions(options).http);

/** Writes files for one test, and returns their paths by name. */
function files(contents: Readonly<Record<string, string>>): (name: string) => string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}

/** An authority, and two clients of it. */
function identities() {
  const authority = new Authority();
  const alice = authority.issue("alice");
  return files({
    "ca.pem": authority.cert,
    "bundle.pem": `# two authorities\n${authority.cert}${new Authority().cert}`,
    "alice.pem": alice.cert,
    "alice.key": alice.key,
    "bob.key": authority.issue("bob").key,
    "text.pem": "not a certificate",
    "cut.pem": authority.cert.replace(/\n.{64}\n/, "\n"),
  });
}

describe("the URL of the environment is", () => {
  test.each<[variables: Readonly<Record<string, string>>, url: string]>([
    [{}, "http://localhost:4318/v1/logs"],
    [{ ENDPOINT: "" }, "http://localhost:4318/v1/logs"],
    [{ ENDPOINT: " " }, "http://localhost:4318/v1/logs"],
    [{ ENDPOINT: "http://collector:4318" }, "http://collector:4318/v1/logs"],
    [{ ENDPOINT: "http://collector:4318/" }, "http://collector:4318/v1/logs"],
    [{ ENDPOINT: "https://collector/otlp" }, "https://collector/otlp/v1/logs"],
    [{ ENDPOINT: "https://collector/otlp/" }, "https://collector/otlp/v1/logs"],
    [{ ENDPOINT: "https://collector/otlp?key=1" }, "https://collector/otlp/v1/logs?key=1"],
    [{ ENDPOINT: "HTTPS://collector" }, "https://collector/v1/logs"],
    [{ ENDPOINT: "http://collector", LOGS_ENDPOINT: "" }, "http://collector/v1/logs"],
    [{ LOGS_ENDPOINT: "http://collector:4318" }, "http://collector:4318/"],
    [{ LOGS_ENDPOINT: "http://collector/logs/" }, "http://collector/logs/"],
    [{ ENDPOINT: "not read", LOGS_ENDPOINT: "http://collector/x?y" }, "http://collector/x?y"],
  ])("%j: %s", (variables, url) => {
    stub(variables);
    expect(configured().url.href).toBe(url);
  });
});

describe("the headers of the environment", () => {
  test.each<[list: string, headers: Readonly<Record<string, string>>]>([
    ["a=1,b=2", { a: "1", b: "2" }],
    [" a = 1 , b = 2 ,", { a: "1", b: "2" }],
    ["Authorization=Bearer%20s3cret", { authorization: "Bearer s3cret" }],
    ["Authorization=Basic YWxpY2U6cHc==", { authorization: "Basic YWxpY2U6cHc==" }],
    ["a=", { a: "" }],
    ["a=1%2C2%3B3%25", { a: "1,2;3%" }],
    ["a=1,A=2", { a: "2" }],
    ["", {}],
  ])("are a list of W3C Baggage: %s", (list, headers) => {
    stub({ HEADERS: list });
    expect(configured().headers).toEqual(headers);
  });

  test("are overridden by those of the logs, and by the option, whatever the case of their names", () => {
    stub({ HEADERS: "x-all=1,X-Logs=1,x-option=1", LOGS_HEADERS: "x-logs=2,x-option=2" });
    expect(configured({ headers: { "X-Option": "3" } }).headers).toEqual({
      "x-all": "1",
      "x-logs": "2",
      "x-option": "3",
    });
  });
});

test.each<[timeout: string, millis: number]>([
  ["1", 1],
  ["12000", 12_000],
  ["2147483647", 2_147_483_647],
  ["0", 2_147_483_647],
])("a time-out of %s in the environment is %i ms; 0 is no limit", (timeout, millis) => {
  stub({ TIMEOUT: timeout });
  expect(configured().timeoutMillis).toBe(millis);
  expect(() => otlpMirror()).not.toThrow();
});

describe("the environment of an OTLP mirror is refused when the mirror is made:", () => {
  const path = "/nonexistent/quorumlog.pem";
  test.each<[variable: string, value: string]>([
    ["ENDPOINT", "10.255.0.5:4318"],
    ["ENDPOINT", '"http://collector.example:4318"'],
    ["ENDPOINT", "'http://collector.example:4318'"],
    ["ENDPOINT", "collector.example"],
    ["ENDPOINT", "localhost:4318"],
    ["ENDPOINT", "grpc://collector.example:4317"],
    ["ENDPOINT", "http:collector.example"],
    ["ENDPOINT", "http://"],
    ["ENDPOINT", "http://collector:port"],
    ["LOGS_ENDPOINT", "localhost:4318/v1/logs"],
    ["HEADERS", "authorization"],
    ["HEADERS", "a=1,=2"],
    ["HEADERS", "a b=1"],
    ["HEADERS", "a=100%"],
    ["HEADERS", "a=%zz"],
    ["HEADERS", "a=%ff"],
    ["HEADERS", "a=1%0d%0ab: 2"],
    ["HEADERS", "a=1;metadata"],
    ["LOGS_HEADERS", "a=%E2%82%AC"],
    ["COMPRESSION", "zstd"],
    ["LOGS_COMPRESSION", "GZIP"],
    ["TIMEOUT", "10s"],
    ["TIMEOUT", "-1"],
    ["TIMEOUT", "1e3"],
    ["TIMEOUT", "Infinity"],
    ["LOGS_TIMEOUT", "2147483648"],
    ["PROTOCOL", "grpc"],
    ["PROTOCOL", "http"],
    ["LOGS_PROTOCOL", "http/xml"],
    ["CERTIFICATE", path],
    ["LOGS_CERTIFICATE", "/"],
    ["CLIENT_KEY", path],
    ["LOGS_CLIENT_CERTIFICATE", path],
  ])("%s=%s", (name, value) => {
    stub({ [name]: value });
    const variable = `OTEL_EXPORTER_OTLP_${name}`;
    expect(refusal(() => otlpMirror())).toMatchObject({
      code: "invalid_options",
      field: variable,
      message: expect.stringContaining(`${variable}: `),
    });
  });

  test.each<[variable: string, files: Readonly<Record<string, string>>, message: RegExp]>([
    ["CERTIFICATE", { CERTIFICATE: "text.pem" }, /text\.pem" has no certificate in PEM/],
    ["CERTIFICATE", { CERTIFICATE: "cut.pem" }, /cut\.pem" has no certificate in PEM/],
    ["CLIENT_KEY", { CLIENT_KEY: "alice.key" }, /a client key needs a client certificate/],
    ["CLIENT_CERTIFICATE", { CLIENT_CERTIFICATE: "alice.pem" }, /needs a client key/],
    [
      "CLIENT_KEY",
      { CLIENT_KEY: "text.pem", CLIENT_CERTIFICATE: "alice.pem" },
      /no private key in PEM/,
    ],
    [
      "LOGS_CLIENT_KEY",
      { LOGS_CLIENT_KEY: "bob.key", CLIENT_KEY: "alice.key", CLIENT_CERTIFICATE: "alice.pem" },
      /does not belong to the client's certificate/,
    ],
  ])("%s of %j", (name, paths, message) => {
    const pathOf = identities();
    stub(Object.fromEntries(Object.entries(paths).map(([key, file]) => [key, pathOf(file)])));
    const error = refusal(() => otlpMirror());
    expect(error).toMatchObject({ code: "invalid_options", field: `OTEL_EXPORTER_OTLP_${name}` });
    expect(error.message).toMatch(message);
  });

  test("and no secret of it is shown", () => {
    for (const [name, value] of [
      ["ENDPOINT", "alice:s3cret@collector:4318"],
      ["HEADERS", "authorization=s3cret%"],
      ["HEADERS", "authorization=s3cret%0a"],
      ["HEADERS", "s3cret"],
    ] as const) {
      stub({ ENDPOINT: "", HEADERS: "", [name]: value });
      expect(refusal(() => otlpMirror()).message).not.toContain("s3cret");
    }
  });

  test("grpc, with what to write in its place", () => {
    stub({ PROTOCOL: "grpc" });
    const recipe = "otlpMirror({ exporter: new OTLPLogExporter() })";
    expect(refusal(() => otlpMirror()).message).toContain(recipe);
    const protocol = "grpc" as "http/json";
    expect(refusal(() => otlpMirror({ protocol }))).toMatchObject({
      field: "protocol",
      message: expect.stringContaining(recipe),
    });
  });
});

describe("a variable that is overridden is not read:", () => {
  const wrong = {
    ENDPOINT: "collector",
    PROTOCOL: "grpc",
    COMPRESSION: "zstd",
    TIMEOUT: "soon",
    CERTIFICATE: "/nonexistent",
    CLIENT_KEY: "/nonexistent",
    CLIENT_CERTIFICATE: "/nonexistent",
  };

  test("by the options", () => {
    const pathOf = identities();
    stub({ ...wrong, LOGS_ENDPOINT: "collector" });
    const options: OtlpMirrorOptions = {
      url: "https://collector/v1/logs",
      protocol: "http/json",
      compression: "none",
      timeoutMillis: 1000,
      certificate: pathOf("bundle.pem"),
      clientKey: pathOf("alice.key"),
      clientCertificate: pathOf("alice.pem"),
    };
    expect(configured(options)).toMatchObject({ protocol: "http/json", timeoutMillis: 1000 });
  });

  test("by the variables of the logs", () => {
    const pathOf = identities();
    stub(wrong);
    stub({
      LOGS_ENDPOINT: "https://collector/v1/logs",
      LOGS_PROTOCOL: "http/json",
      LOGS_COMPRESSION: "gzip",
      LOGS_TIMEOUT: "1000",
      LOGS_CERTIFICATE: pathOf("ca.pem"),
      LOGS_CLIENT_KEY: pathOf("alice.key"),
      LOGS_CLIENT_CERTIFICATE: pathOf("alice.pem"),
    });
    expect(configured()).toMatchObject({ protocol: "http/json", compression: "gzip" });
  });

  test("by an agent, which has its own files", async () => {
    const { Agent } = await import("node:https");
    const { CERTIFICATE, CLIENT_KEY, CLIENT_CERTIFICATE } = wrong;
    stub({ CERTIFICATE, CLIENT_KEY, CLIENT_CERTIFICATE });
    expect(configured({ agent: new Agent() }).tls).toBeUndefined();
  });

  test("by an exporter, any of them", () => {
    stub(wrong);
    expect(() => otlpMirror({ exporter: new ScriptedExporter() })).not.toThrow();
  });

  test("a key of the options does not take the certificate of the environment", () => {
    const pathOf = identities();
    stub({ CLIENT_CERTIFICATE: pathOf("alice.pem") });
    expect(refusal(() => otlpMirror({ clientKey: pathOf("alice.key") }))).toMatchObject({
      field: "clientKey",
    });
  });
});
