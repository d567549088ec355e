import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { OTELCOL, pathOf } from "./programs.ts";
import { collectorWithFileIn } from "./running.ts";

const path = pathOf(OTELCOL);

describe.skipIf(path === undefined)("the auditor's file of a Collector", () => {
  let folder: string;
  let running: Awaited<ReturnType<typeof collectorWithFileIn>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorumlog-e2e-"));
    running = await collectorWithFileIn(folder, path ?? "");
  });
  afterAll(async () => {
    await running?.collector.stop();
    rmSync(folder, { recursive: true });
  });

  test("has every record as it was sealed, though no Loki is there", async () => {
    const audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: running.url })] });
    for (let n = 0; n < 100; n++) audit.logNodeRemoved({ did: `did:pqaid:node-${n}` });
    await audit.flush();
    const held = (): string[] => running.requests().flatMap(bodiesIn);
    await vi.waitFor(() => expect(held()).toEqual([...audit.lines()]), { timeout: 20_000 });
    await audit.shutdown();
  });
});

interface Request {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { stringValue: string } }[];
    }[];
  }[];
}

/** The bodies of one OTLP request in JSON. */
function bodiesIn(request: string): string[] {
  const { resourceLogs } = JSON.parse(request) as Request;
  return resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue)),
  );
}
