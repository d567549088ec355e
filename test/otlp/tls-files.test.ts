import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { Authority, type Identity } from "../fixtures/certificates.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { LocalServer } from "../fixtures/local-server.js";
import { until } from "../fixtures/until.js";

/** A server with TLS that notes the common name of the client of each request. */
async function serverWithClients(authority: Authority): Promise<{
  readonly server: LocalServer;
  readonly clients: readonly string[];
}> {
  const clients: string[] = [];
  const { cert, key } = authority.issue("collector", { hosts: ["127.0.0.1"] });
  const tls = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const server = await LocalServer.start(async (request, response) => {
    clients.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
    request.resume();
    response.end();
  }, tls);
  return { server, clients };
}

/** The files of a client, and a function that renews them. */
function clientFiles(authority: Authority, first: Identity) {
  const folder = temporaryFolder();
  const paths = {
    certificate: join(folder, "ca.pem"),
    clientKey: join(folder, "client.key"),
    clientCertificate: join(folder, "client.pem"),
  };
  const renew = ({ cert, key }: Identity): void => {
    writeFileSync(paths.clientCertificate, cert);
    writeFileSync(paths.clientKey, key);
  };
  writeFileSync(paths.certificate, authority.cert);
  renew(first);
  return { paths, renew };
}

describe("a client certificate", () => {
  test("that was renewed on the disk is used from the next connection on", async () => {
    const authority = new Authority();
    const { server, clients } = await serverWithClients(authority);
    await using _server = server;
    const { paths, renew } = clientFiles(authority, authority.issue("first"));
    await using audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.origin, ...paths })],
    });
    const send = async (): Promise<void> => {
      audit.logNodeRemoved({ did: "did:pqaid:dave" });
      await audit.flush();
    };
    await send();
    await send();
    expect(server.connections).toBe(1); // kept alive while the files are the same
    renew(authority.issue("second"));
    await send();
    expect(clients).toEqual(["first", "first", "second"]);
  });

  test("of the environment is used; the files are those of the folder at the start", async () => {
    const authority = new Authority();
    const { server, clients } = await serverWithClients(authority);
    await using _server = server;
    const { paths } = clientFiles(authority, authority.issue("alice"));
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", server.origin);
    vi.stubEnv("OTEL_EXPORTER_OTLP_CERTIFICATE", paths.certificate);
    vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", paths.clientKey);
    vi.stubEnv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", paths.clientCertificate);
    onTestFinished(() => void vi.unstubAllEnvs());
    await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror()] });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await audit.flush();
    expect(clients).toEqual(["alice"]);
  });

  test("that does not belong to its key any more is reported at once, and delivery goes on when it does", async () => {
    const authority = new Authority();
    const { server, clients } = await serverWithClients(authority);
    await using _server = server;
    const [first, second] = [authority.issue("first"), authority.issue("second")];
    const { paths, renew } = clientFiles(authority, first);
    const errors: AuditError[] = [];
    await using audit = new GovernanceAuditLog({
      mirrors: [
        otlpMirror({ url: server.origin, initialBackoffMillis: 5, delayMillis: 1, ...paths }),
      ],
      onError: (error) => errors.push(error),
    });
    renew({ cert: first.cert, key: second.key });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toMatch(/key values mismatch.*; records are kept/);
    renew(second);
    await audit.flush();
    expect(clients).toEqual(["second"]);
  });
});
