import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, globalAgent } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { Authority } from "../fixtures/certificates.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { LocalServer } from "../fixtures/local-server.js";
import { LONG } from "../fixtures/long-runs.js";
import { PROGRAMS } from "../fixtures/program-folder.js";

/** Node 22.15 to 22.20 cannot use the proxy of the environment. */
const knowsProxies = "proxyEnv" in (globalAgent as unknown as { options: object }).options;

/** A proxy on a free port. It answers plain requests itself, and tunnels to one server. */
async function proxyTo(target?: LocalServer): Promise<{
  readonly url: string;
  /** The request lines that it saw, without the version. */
  readonly seen: readonly string[];
}> {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    response.end();
  });
  proxy.on("connect", ({ url }, socket) => {
    seen.push(`CONNECT ${url}`);
    if (target === undefined) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const server = connect(target.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      server.pipe(socket).pipe(server);
    });
    for (const end of [server, socket]) end.on("error", () => {});
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
}

/**
 * Delivers in a process with this environment. Returns "delivered", or the first error, which ends
 * the process.
 */
async function deliver(
  environment: Readonly<Record<string, string>>,
  before = "",
): Promise<string> {
  const program = `
    import { writeSync } from "node:fs";
    import http from "node:http";
    import { GovernanceAuditLog } from "quorumlog";
    import { otlpMirror } from "quorumlog/otlp";
    ${before}
    const onError = ({ message }) => {
      writeSync(1, message);
      process.kill(process.pid, "SIGKILL");
    };
    const audit = new GovernanceAuditLog({ mirrors: [otlpMirror()], onError });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    await audit.flush({ timeoutMillis: 60_000 }).then(() => console.log("delivered"), () => {});
    process.exit();`;
  const { HTTP_PROXY: _, HTTPS_PROXY: __, NO_PROXY: ___, ...env } = process.env;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: PROGRAMS,
    env: { ...env, no_proxy: "", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return (await text(child.stdout)).trim();
}

describe.skipIf(!knowsProxies)(
  `the proxy of the environment, which Node ${process.version} ${knowsProxies ? "uses" : "CANNOT USE"},`,
  () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector.internal.test:4318";

    test("gets the requests when NODE_USE_ENV_PROXY says so", async () => {
      const { url, seen } = await proxyTo();
      const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, OTEL_EXPORTER_OTLP_ENDPOINT };
      expect(await deliver(env)).toBe("delivered");
      expect(seen).toEqual(["POST http://collector.internal.test:4318/v1/logs"]);
    });

    test.runIf(LONG)("gets the requests of an app that sets it for its global agent", async () => {
      const { url, seen } = await proxyTo();
      const env = { HTTP_PROXY: url, OTEL_EXPORTER_OTLP_ENDPOINT };
      const before = "http.globalAgent = new http.Agent({ proxyEnv: process.env });";
      expect(await deliver(env, before)).toBe("delivered");
      expect(seen).toEqual(["POST http://collector.internal.test:4318/v1/logs"]);
    });

    test("gets no request to a host of NO_PROXY, nor without NODE_USE_ENV_PROXY", async () => {
      await using server = await LocalServer.start(async (request, response) => {
        request.resume();
        response.end();
      });
      const { url, seen } = await proxyTo();
      const env = { HTTP_PROXY: url, OTEL_EXPORTER_OTLP_ENDPOINT: server.origin };
      expect(await deliver({ ...env, NODE_USE_ENV_PROXY: "1", NO_PROXY: "127.0.0.1" })).toBe(
        "delivered",
      );
      expect(await deliver(env)).toBe("delivered");
      expect(seen).toEqual([]);
    });

    test("tunnels https, with the files of the mirror and the name of the collector", async () => {
      const authority = new Authority();
      const { cert, key } = authority.issue("collector", { hosts: ["collector.internal.test"] });
      let requests = 0;
      await using server = await LocalServer.start(
        async (request, response) => {
          requests++;
          request.resume();
          response.end();
        },
        { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      );
      const folder = temporaryFolder();
      const client = authority.issue("client");
      for (const [name, pem] of Object.entries({ ca: authority.cert, ...client }))
        writeFileSync(join(folder, name), pem);
      const { url, seen } = await proxyTo(server);
      const env = {
        NODE_USE_ENV_PROXY: "1",
        HTTPS_PROXY: url,
        OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.internal.test",
        OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, "ca"),
        OTEL_EXPORTER_OTLP_CLIENT_KEY: join(folder, "key"),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(folder, "cert"),
      };
      expect(await deliver(env)).toBe("delivered");
      expect(seen).toEqual(["CONNECT collector.internal.test:443"]);
      expect(requests).toBe(1);
    });

    test("is reported at once when it refuses the tunnel", async () => {
      const { url } = await proxyTo();
      const env = {
        NODE_USE_ENV_PROXY: "1",
        HTTPS_PROXY: url,
        OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.internal.test",
      };
      expect(await deliver(env)).toMatch(/407.*records are kept/);
    });
  },
);
