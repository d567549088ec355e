import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { AuditEntry } from "quorumlog";

/** A Collector that keeps what it gets. The first request fails, as if it had just started. */
export interface Sink {
  readonly url: string;
  readonly contentTypes: Set<string | undefined>;
  /** Checks that each entry came, by its leaf hash, which is text in each encoding. */
  assertReceived(entries: readonly AuditEntry[]): void;
  close(): void;
}

/** Receives OTLP over HTTP, on a free port of the loopback. */
export async function httpSink(): Promise<Sink> {
  const bodies: Buffer[] = [];
  const contentTypes = new Set<string | undefined>();
  let failures = 1;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const isJson = request.headers["content-type"] === "application/json";
    response.setHeader("content-type", request.headers["content-type"] ?? "text/plain");
    if (failures-- > 0) {
      response.writeHead(503, { "retry-after": "0" }).end(isJson ? "{}" : "");
      return;
    }
    contentTypes.add(request.headers["content-type"]);
    bodies.push(body);
    response.writeHead(200).end(isJson ? "{}" : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return sinkOf(`http://127.0.0.1:${port}/v1/logs`, bodies, contentTypes, () => {
    server.close();
    server.closeAllConnections();
  });
}

/** Receives OTLP over gRPC. The answer is an empty message and the status 0. */
export async function grpcSink(): Promise<Sink> {
  const bodies: Buffer[] = [];
  const contentTypes = new Set<string | undefined>();
  const server = createHttp2Server();
  server.on("stream", async (stream, headers) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    contentTypes.add(headers["content-type"]);
    bodies.push(Buffer.concat(chunks));
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.end(Buffer.alloc(5));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return sinkOf(`http://127.0.0.1:${port}`, bodies, contentTypes, () => server.close());
}

function sinkOf(
  url: string,
  bodies: readonly Buffer[],
  contentTypes: Set<string | undefined>,
  close: () => void,
): Sink {
  return {
    url,
    contentTypes,
    assertReceived(entries) {
      const all = Buffer.concat(bodies);
      for (const { leafHash } of entries) assert.ok(all.includes(leafHash), `no ${leafHash}`);
    },
    close,
  };
}
