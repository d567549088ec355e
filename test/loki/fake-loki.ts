import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parseLogql, passes } from "./logql-parser.ts";

/** A query as it arrived. */
export interface FakeQuery {
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly limit: number;
  readonly direction: string;
}

/** One line of a stream. */
export interface FakeRecord {
  readonly nanos: bigint;
  line: string;
  metadata: Record<string, string>;
  stream: Record<string, string>;
}

/** Answers a query in its own way, and says so; what it leaves is answered from the records. */
export type Script = (query: FakeQuery, response: ServerResponse, number: number) => boolean;

interface Selection {
  readonly found: FakeRecord[];
  readonly batches: number;
}

interface OtlpKeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const HOUR = 3_600_000_000_000n;

/**
 * As much of Loki as a reader asks for, on a free port: OTLP/JSON in, `query_range` out. Records, answers and refusals are
 * in the shape of Loki 3.7.6 with its default limits; what it does to attributes was seen there.
 */
export class FakeLoki implements AsyncDisposable {
  readonly queries: FakeQuery[] = [];
  /** What was asked, with its comments. */
  readonly texts: string[] = [];
  /** Those without content. */
  readonly lightQueries: FakeQuery[] = [];
  readonly records: FakeRecord[] = [];
  script: Script = () => false;
  /** Answers of more bytes end in a closed connection; there it takes a minute. */
  maxAnswerBytes = 4_194_304;
  /** What an ingester has to send is left out where it has more bytes, without a word. */
  maxSentBytes = Number.POSITIVE_INFINITY;
  /** How many ingesters are asked; undefined where it does not say. */
  ingesters: number | undefined = 1;
  maxEntries = 5000;
  maxRange = 721n * HOUR;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FakeLoki> {
    const loki = new FakeLoki();
    await new Promise<void>((resolve) => loki.#server.listen(0, "127.0.0.1", resolve));
    return loki;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (request.url === "/otlp/v1/logs") {
      this.push(JSON.parse(body));
      response.writeHead(204).end();
    } else if (request.url === "/loki/api/v1/query_range")
      this.#queryRange(request, body, response);
    else response.writeHead(404).end("404 page not found");
  }

  /** Takes records as OTLP/JSON has them; drops those that it has. */
  push(logs: unknown): void {
    const { resourceLogs } = logs as {
      resourceLogs: {
        resource: { attributes: OtlpKeyValue[] };
        scopeLogs: { logRecords: Record<string, unknown>[] }[];
      }[];
    };
    for (const { resource, scopeLogs } of resourceLogs) {
      const labels = metadataOf(resource.attributes);
      const stream = {
        service_instance_id: labels["service_instance_id"] ?? "",
        service_name: labels["service_name"] ?? "unknown_service",
      };
      for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
        const { stringValue: line } = record["body"] as { stringValue: string };
        const nanos = BigInt(record["timeUnixNano"] as string);
        const isHeld = this.records.some(
          (one) => one.nanos === nanos && one.line === line && sameStream(one.stream, stream),
        );
        if (!isHeld)
          this.records.push({
            nanos,
            line,
            stream,
            metadata: metadataOf(record["attributes"] as OtlpKeyValue[]),
          });
      }
    }
  }

  #queryRange(request: IncomingMessage, body: string, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    const query: FakeQuery = {
      headers: request.headers,
      query: (form.get("query") ?? "").replace(/ # [\da-f-]{36}$/, ""),
      start: BigInt(form.get("start") ?? ""),
      end: BigInt(form.get("end") ?? ""),
      limit: Number(form.get("limit")),
      direction: form.get("direction") ?? "",
    };
    this.texts.push(form.get("query") ?? "");
    if (query.query.includes("line_format")) this.lightQueries.push(query);
    else this.queries.push(query);
    if (this.script(query, response, this.queries.length)) return;
    const refusal = this.#refusal(query);
    if (refusal !== undefined) {
      response.writeHead(400).end(refusal);
      return;
    }
    const { found, batches } = this.#select(query);
    const answer = JSON.stringify(answerOf(found, this.#stats(found.length, batches)));
    if (answer.length > this.maxAnswerBytes) response.destroy();
    else response.writeHead(200, { "content-type": "application/json; charset=UTF-8" }).end(answer);
  }

  #refusal({ query, start, end, limit }: FakeQuery): string | undefined {
    if (limit > this.maxEntries)
      return `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${this.maxEntries})`;
    if (end - start > this.maxRange)
      return `the query time range exceeds the limit (query length: ${(end - start) / HOUR}h0m0s, limit: 30d1h)`;
    try {
      parseLogql(query);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** All records came from the first ingester, and from each other one an empty batch. */
  #stats(records: number, batches: number): unknown {
    const { ingesters } = this;
    if (ingesters === undefined) return {};
    const sent = ingesters === 0 ? [0, 0] : [batches + ingesters - 1, records];
    return {
      ingester: { totalReached: ingesters, totalBatches: sent[0], totalLinesSent: sent[1] },
    };
  }

  /** What is found, and in how many batches it comes. */
  #select({ query, start, end, limit, direction }: FakeQuery): Selection {
    const { matchers, stages, light } = parseLogql(query);
    const sign = direction === "backward" ? -1 : 1;
    const found = this.records
      .filter(({ nanos }) => nanos >= start && nanos < end)
      .filter(({ stream }) => matchers.every((one) => passes(stream, one)))
      .filter(({ stream, metadata }) =>
        stages.every((one) => passes({ ...stream, ...metadata }, one)),
      )
      .sort((a, b) => (a.nanos === b.nanos ? 0 : a.nanos < b.nanos ? -sign : sign))
      .slice(0, limit);
    const ofAll = Math.ceil(found.length / 128) + (found.length < limit ? 1 : 0);
    if (light)
      return {
        found: found.map(({ nanos }) => ({ nanos, line: "", stream: {}, metadata: {} })),
        batches: ofAll,
      };
    // batches of an ingester; the one that cannot be sent ends what it sends
    for (let sent = 0; sent < found.length; sent += 128)
      if (
        JSON.stringify(found.slice(sent, sent + 128).map(({ line }) => line)).length >
        this.maxSentBytes
      )
        return { found: found.slice(0, sent), batches: sent / 128 };
    return { found, batches: ofAll };
  }
}

function metadataOf(attributes: readonly OtlpKeyValue[]): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const { key, value } of attributes) {
    const held = String(Object.values(value)[0]).replaceAll("\ufffd", " ");
    if (held !== "") metadata[key.replaceAll(".", "_")] = held;
  }
  return metadata;
}

function answerOf(records: readonly FakeRecord[], stats: unknown): unknown {
  const streams = new Map<string, { stream: Record<string, string>; values: unknown[] }>();
  for (const { nanos, line, stream, metadata } of records) {
    const key = JSON.stringify(stream);
    const held = streams.get(key) ?? { stream, values: [] };
    held.values.push([String(nanos), line, { structuredMetadata: metadata }]);
    streams.set(key, held);
  }
  const data = {
    resultType: "streams",
    encodingFlags: ["categorize-labels"],
    result: [...streams.values()],
  };
  return {
    status: "success",
    data: { ...data, stats },
  };
}

function sameStream(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
