import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { OTELCOL, pathOf } from "./programs.ts";
import { type CollectorWithFile, collectorWithFile } from "./running.ts";

const path = pathOf(OTELCOL);

describe.skipIf(path === undefined)("the auditor's file of a Collector", () => {
  let running: CollectorWithFile;

  beforeAll(async () => {
    running = await collectorWithFile(path ?? "");
  });
  afterAll(() => running?.stop());

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
