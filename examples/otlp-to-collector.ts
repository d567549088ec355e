/**
 * Sends sealed records over OTLP/HTTP to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names.
 * Without that variable, the program starts a stand-in for a collector, which prints what it
 * receives.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { AuditError, GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";

/** The parts of an export request that the stand-in reads (OTLP 1, JSON encoding). */
interface ExportRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[];
    }[];
  }[];
}

const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
const collector = endpoint === undefined ? await startCollector() : undefined;
// the stand-in reads JSON, because that needs no package
const mirror = otlpMirror(
  collector && { url: `${collector.origin}/v1/logs`, protocol: "http/json" },
);
const audit = new GovernanceAuditLog({ mirrors: [mirror] });

audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 1 });
audit.logAuthorizationGranted({
  subjectId: "did:pqaid:medical-ai-v2",
  kind: "authorize-model",
  proposalId: "urn:pqc-gov-prop:7f3a",
});

try {
  await audit.flush();
  console.log(`${audit.ledger().accepted} entries sent to ${endpoint ?? "the stand-in"}`);
  await audit.shutdown();
} catch (error) {
  if (!(error instanceof AuditError && error.code === "delivery_failed")) throw error;
  console.error(`not delivered to ${endpoint}: ${error.message}`);
  process.exitCode = 1;
}
collector?.server.close();

async function startCollector(): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer(async (request, response) => {
    const { resourceLogs } = (await json(request)) as ExportRequest;
    for (const { scope, logRecords } of resourceLogs.flatMap((resource) => resource.scopeLogs)) {
      console.log(
        `${request.method} ${request.url}: ${logRecords.length} records of ${scope.name}`,
      );
      for (const { body } of logRecords) console.log(`  ${JSON.parse(body.stringValue).operation}`);
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
