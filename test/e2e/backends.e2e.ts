import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { context, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alertQueries } from "../../scripts/alert-queries.ts";
import { LOGQL, withoutVariables } from "../../scripts/dashboard-queries.ts";
import { documentQueries } from "../../scripts/document-queries.ts";
import type { SealedEntry } from "../../src/entry/seal.js";
import { generateKeys } from "../../src/integrity/key-generation.js";
import { Journal } from "../../src/journal/index.js";
import { LokiAuditReader } from "../../src/loki/index.js";
import { type EvidenceItem, type EvidenceSource, verify } from "../../src/verify/index.js";
import { contractOf } from "./loki-contract.ts";
import { LOKI, OTELCOL, pathOf } from "./programs.ts";
import { collectorIn, lokiIn, type Running } from "./running.ts";
import { votes } from "./votes.ts";

const lokiPath = pathOf(LOKI);
const otelcolPath = pathOf(OTELCOL);
const NAME = "acme.example/governance";
const { privateKeyPem, vkey } = generateKeys(NAME, "ed25519");
const ARRIVED = { timeout: 120_000, interval: 250 };

let folder: string;
let loki: Running;
let collector: Running;
let lokiUrl: string;
let url: string;
let metricsUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-e2e-"));
  if (lokiPath === undefined || otelcolPath === undefined) return;
  ({ loki, url: lokiUrl } = await lokiIn(folder, lokiPath));
  ({ collector, url, metricsUrl } = await collectorIn(folder, otelcolPath, lokiUrl));
}, 120_000);
afterAll(async () => {
  await collector?.stop();
  await loki?.stop();
  rmSync(folder, { recursive: true });
});

const readerOf = (service: string) =>
  new LokiAuditReader({ url: lokiUrl, selector: `{service_name="${service}"}` });

function logOf(service: string, journal: string): GovernanceAuditLog {
  return new GovernanceAuditLog({
    journal,
    durability: "batch",
    logId: NAME,
    signer: privateKeyPem,
    resource: resourceFromAttributes({ "service.name": service }),
    mirrors: [otlpMirror({ url, delayMillis: 50, backfill: true })],
  });
}

/** What Loki answers to a LogQL query about the last hours. */
async function ask(kind: "query" | "query_range", query: string): Promise<unknown[]> {
  const now = Date.now();
  const times =
    kind === "query"
      ? { time: `${now}000000` }
      : { start: `${now - 21_600_000}000000`, end: `${now}000000`, step: "60" };
  const answer = await fetch(`${lokiUrl}/loki/api/v1/${kind}?${new URLSearchParams({ query, ...times })}`);
  if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`);
  return ((await answer.json()) as { data: { result: unknown[] } }).data.result;
}

async function linesOf(reader: LokiAuditReader): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of reader.lines()) lines.push(line);
  return lines;
}

function sealedOf(path: string): SealedEntry[] {
  const journal = Journal.open(path, { readOnly: true });
  try {
    const lines = [...journal.lines()];
    const entries = journal.entries({ order: "oldest", limit: lines.length });
    return entries.map((entry, index) => ({
      entry,
      line: lines[index] as string,
      timestampMillis: Date.parse(entry.timestamp),
    }));
  } finally {
    journal.close();
  }
}

function journalLines(path: string): string[] {
  const journal = Journal.open(path, { readOnly: true });
  try {
    return [...journal.lines()];
  } finally {
    journal.close();
  }
}

/** The evidence with each line that `change` answers; those that it answers nothing for are left out. */
function altered(
  source: EvidenceSource,
  change: (item: EvidenceItem) => EvidenceItem | undefined,
): EvidenceSource {
  return {
    ordered: false,
    async *[Symbol.asyncIterator]() {
      for await (const item of source) {
        const changed = change(item);
        if (changed !== undefined) yield changed;
      }
    },
  };
}

const sequenceIn = (item: EvidenceItem) =>
  item.kind === "line" ? JSON.parse(String(item.line)).seq : undefined;

describe.skipIf(lokiPath === undefined || otelcolPath === undefined)("a Collector and Loki", () => {
  test("hold every vote once, as the journal has it, and prove it", async () => {
    const path = join(folder, "votes.db");
    const cast = votes();
    const start = performance.now();
    const audit = logOf("votes", path);
    for (const [index, vote] of cast.entries()) {
      audit.logVoteCast({ vote });
      if (index % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    }
    const called = performance.now();
    await audit.flush({ timeoutMillis: 120_000 });
    const acknowledged = performance.now();
    await audit.shutdown();
    const reader = readerOf("votes");
    await expect.poll(() => reader.count(), ARRIVED).toBe(cast.length);
    const seconds = (until: number) => ((until - start) / 1000).toFixed(1);
    console.info(
      `${cast.length} votes: helper calls ${seconds(called)} s, acknowledged ${seconds(acknowledged)} s, ` +
        `queryable ${seconds(performance.now())} s`,
    );
    expect(await linesOf(reader)).toEqual(journalLines(path));
    const { proposalId = "", voterDid = "" } = cast[1000] ?? {};
    const asked = [
      { proposalId, limit: 20 },
      { actorDid: voterDid, order: "oldest" },
      { decision: "reject", limit: 50, before: 9000 },
      { proposalId, decision: "approve", actorDid: voterDid },
      { operation: "node_added" },
    ] as const;
    await contractOf(reader, sealedOf(path), { asked });
    const report = await verify(reader.evidence(), { keys: [vkey] });
    expect(report).toMatchObject({ verified: true, covered: cast.length, duplicates: 0, problemCount: 0 });

    const without = altered(reader.evidence(), (item) => (sequenceIn(item) === 77 ? undefined : item));
    expect(await verify(without, { keys: [vkey] })).toMatchObject({
      verified: false,
      completeness: "failed",
      problems: [expect.objectContaining({ code: "missing_entries", from: 77, to: 77 })],
    });
    const edited = altered(reader.evidence(), (item) =>
      item.kind === "line" && sequenceIn(item) === 77
        ? { ...item, line: String(item.line).replace('"approve"', '"reject"').replace("did:", "DID:") }
        : item,
    );
    expect(await verify(edited, { keys: [vkey] })).toMatchObject({
      verified: false,
      integrity: "failed",
      problems: [expect.objectContaining({ code: "leaf_hash_mismatch", sequence: 77 })],
    });
  }, 400_000);

  test("answer each query of dashboard and alerts, about what a federation did", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      const audit = logOf("federation", join(folder, "federation.db"));
      const spanContext = {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        traceFlags: TraceFlags.SAMPLED,
      };
      context.with(trace.setSpanContext(context.active(), spanContext), () => govern(audit));
      await audit.checkpoint();
      await audit.shutdown();
    } finally {
      context.disable();
    }
    const reader = readerOf("federation");
    await expect.poll(() => reader.count(), ARRIVED).toBe(10);
    await contractOf(reader, sealedOf(join(folder, "federation.db")));
    const stream = '{service_name="federation"}';
    expect(
      await ask("query", `sum(count_over_time(${stream} | event_name="governance.vote_cast" [6h]))`),
    ).toHaveLength(1);
    expect(await ask("query", `sum(count_over_time(${stream} | severity_number="17" [6h]))`)).toHaveLength(1);
    expect(
      await ask(
        "query_range",
        `${stream} | trace_id="0af7651916cd43dd8448eb211c80319c" | governance_actor_did="did:pqaid:eve"`,
      ),
    ).not.toEqual([]);
    for (const [name, { kind, expr }] of Object.entries(LOGQL)) {
      const query = withoutVariables(expr, { service: "federation" });
      const found = await ask(kind === "instant" ? "query" : "query_range", query);
      expect(found, `${name}: ${query}`).not.toEqual([]);
    }
    for (const query of documentQueries()) await ask("query_range", withoutVariables(query));
    for (const { language, expr } of alertQueries())
      if (language === "logql") await ask("query", withoutVariables(expr, { service: "federation" }));
  }, 200_000);

  test("miss nothing after Loki was down, the Collector was killed, and the app too", async () => {
    const path = join(folder, "outage.db");
    const app = (): ReturnType<typeof spawn> =>
      spawn(
        process.execPath,
        [
          "--experimental-strip-types",
          "--disable-warning=ExperimentalWarning",
          resolve(import.meta.dirname, "../journal/crash-program.ts"),
        ],
        {
          env: {
            ...process.env,
            JOURNAL: path,
            BACKEND: url,
            DURABILITY: "batch",
            OTEL_SERVICE_NAME: "outage",
          },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
    const runUntil = async (entries: number): Promise<void> => {
      const child = app();
      const exited = once(child, "exit");
      let said = 0;
      child.stdout?.on("data", (chunk) => {
        said += String(chunk).split("\n").length - 1;
        if (said >= entries) child.kill("SIGKILL");
      });
      await exited;
    };
    await runUntil(300);
    await loki.stop();
    await runUntil(300); // the Collector keeps these
    await collector.stop("SIGKILL");
    await runUntil(300); // the journal keeps these
    const restarted = collector.start();
    await runUntil(300);
    await restarted;
    await loki.start();
    const audit = new GovernanceAuditLog({
      journal: path,
      resource: resourceFromAttributes({ "service.name": "outage" }),
      mirrors: [otlpMirror({ url })],
    });
    await audit.shutdown({ timeoutMillis: 60_000 });
    const lines = journalLines(path);
    expect(lines.length).toBeGreaterThan(1200);
    const reader = readerOf("outage");
    await expect.poll(() => reader.count(), ARRIVED).toBe(lines.length);
    expect(await linesOf(reader)).toEqual(lines);
  }, 400_000);

  test("refuse a record for good in the sight of all, and lose no other by it", async () => {
    const mirror = otlpMirror({ url, delayMillis: 50 });
    const logger = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "too-large" }),
      processors: [mirror],
    }).getLogger("app");
    for (let i = 0; i < 9; i++) logger.emit({ body: `small ${i}` });
    logger.emit({ body: "x".repeat(300_000) });
    await mirror.forceFlush();
    const small = 'sum(count_over_time({service_name="too-large"} [6h]))';
    const countOf = async () =>
      Number(((await ask("query", small)) as { value: [number, string] }[])[0]?.value[1]);
    await expect.poll(countOf, ARRIVED).toBe(9);
    const failed = async () =>
      /otelcol_exporter_send_failed_log_records\S* ([1-9]\d*)/.test(await (await fetch(metricsUrl)).text());
    await expect.poll(failed, ARRIVED).toBe(true);
    await mirror.shutdown();
  }, 200_000);
});

/** Ten entries, one of each kind that the dashboard shows at the least. */
function govern(audit: GovernanceAuditLog): void {
  const proposal = { proposalId: "urn:p:1", subjectId: "did:model:1", kind: "authorize-model" } as const;
  const other = { proposalId: "urn:p:2", subjectId: "did:model:2", kind: "authorize-model" } as const;
  const result = {
    signerDid: "did:pqaid:alice",
    reason: "quorum",
    abstainWeight: 0,
    totalWeight: 6,
    includedVoteIds: [],
  };
  audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
  audit.logProposalCreated({ ...proposal, proposerDid: "did:pqaid:alice", title: "one" });
  audit.logProposalCreated({ ...other, proposerDid: "did:pqaid:bob", title: "two" });
  audit.logProposalCreated({ ...other, proposalId: "urn:p:3", proposerDid: "did:pqaid:bob", title: "three" });
  audit.logVoteCast({
    vote: { voteId: "v1", proposalId: "urn:p:1", voterDid: "did:pqaid:eve", decision: "approve" },
  });
  audit.logByzantineDetected({
    voterDid: "did:pqaid:eve",
    proposalId: "urn:p:1",
    priorDecision: "approve",
    conflictingDecision: "reject",
  });
  audit.logConsensusReached({
    ...result,
    proposalId: "urn:p:1",
    decision: "passed",
    approveWeight: 4,
    rejectWeight: 1,
  });
  audit.logConsensusReached({
    ...result,
    proposalId: "urn:p:2",
    decision: "rejected",
    approveWeight: 1,
    rejectWeight: 4,
  });
  audit.logAuthorizationGranted(proposal);
  audit.logNodeRemoved({ did: "did:pqaid:eve" });
}
