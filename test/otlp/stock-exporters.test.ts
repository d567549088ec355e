import { buffer } from "node:stream/consumers";
import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as HttpExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { LocalServer } from "../fixtures/local-server.js";
import { until } from "../fixtures/until.js";

const identity = (bytes: Buffer): Buffer => bytes;

const LOGS_SERVICE: ServiceDefinition = {
  Export: {
    path: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
};

interface Receiver {
  /** `host:port`. */
  readonly address: string;
  readonly received: Buffer[];
  /** The gRPC code of the next answers. */
  answer: status;
}

async function grpcReceiver(): Promise<Receiver> {
  const server = new Server();
  const receiver = { address: "", received: [] as Buffer[], answer: status.OK };
  server.addService(LOGS_SERVICE, {
    Export(call: { request: Buffer }, done: (error: object | null, answer?: Buffer) => void) {
      receiver.received.push(call.request);
      if (receiver.answer === status.OK) done(null, Buffer.alloc(0));
      else done({ code: receiver.answer, details: "no" });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  receiver.address = `127.0.0.1:${port}`;
  onTestFinished(() => server.forceShutdown());
  return receiver;
}

async function httpReceiver(): Promise<Receiver> {
  const received: Buffer[] = [];
  const server = await LocalServer.start(async (request, response) => {
    received.push(await buffer(request));
    response.end();
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { address: new URL(server.origin).host, received, answer: status.OK };
}

function logOver(exporter: LogRecordExporter, errors: AuditError[] = []): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({
    mirrors: [otlpMirror({ exporter, initialBackoffMillis: 5, delayMillis: 1 })],
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await audit.shutdown({ timeoutMillis: 1 }).catch(() => {});
  });
  return audit;
}

const grpcOf = ({ address }: Receiver) => new GrpcExporter({ url: `http://${address}` });

describe("otlpMirror({ exporter: new OTLPLogExporter() }) delivers over", () => {
  test.each<
    [name: string, start: () => Promise<Receiver>, of: (of: Receiver) => LogRecordExporter]
  >([
    ["grpc", grpcReceiver, grpcOf],
    [
      "http/protobuf",
      httpReceiver,
      ({ address }) => new ProtoExporter({ url: `http://${address}/v1/logs` }),
    ],
    [
      "http/json",
      httpReceiver,
      ({ address }) => new HttpExporter({ url: `http://${address}/v1/logs` }),
    ],
  ])("%s", async (_, start, exporterTo) => {
    const receiver = await start();
    const audit = logOver(exporterTo(receiver));
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await audit.shutdown();
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({ accepted: 1, delivered: 1 });
    expect(receiver.received).toHaveLength(1);
    const [{ leafHash } = expect.fail()] = audit.entries();
    expect(receiver.received[0]?.includes(leafHash)).toBe(true);
  });
});

describe("an answer of a gRPC backend", () => {
  test("that refuses the content rejects the record", async () => {
    const receiver = await grpcReceiver();
    receiver.answer = status.INVALID_ARGUMENT;
    const errors: AuditError[] = [];
    const audit = logOver(grpcOf(receiver), errors);
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await until(() => audit.ledger().mirrors["otlp"]?.rejected === 1);
    expect(errors[0]?.message).toMatch(/sequence 0 was rejected: 3 INVALID_ARGUMENT: no/);
  });

  test("that refuses the credentials is reported at once, and the record is kept", async () => {
    const receiver = await grpcReceiver();
    receiver.answer = status.UNAUTHENTICATED;
    const errors: AuditError[] = [];
    const audit = logOver(grpcOf(receiver), errors);
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toMatch(/16 UNAUTHENTICATED: no; check the address and the cred/);
    receiver.answer = status.OK;
    await audit.flush();
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({ delivered: 1, rejected: 0 });
  });
});
