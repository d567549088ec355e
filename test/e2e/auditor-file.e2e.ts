import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withRawFile } from "../fixtures/collector-config.ts";
import { OTELCOL, pathOf } from "./programs.ts";
import { collectorIn, freePorts, RAW_FILE } from "./running.ts";

const path = pathOf(OTELCOL);

describe.skipIf(path === undefined)("the auditor's file of a Collector", () => {
  let folder: string;
  let running: Awaited<ReturnType<typeof collectorIn>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorumlog-e2e-"));
    const config = join(folder, "collector.yaml");
    const shipped = resolve(import.meta.dirname, "../../collector-config.yaml");
    writeFileSync(config, withRawFile(readFileSync(shipped, "utf8")));
    const [nobody] = await freePorts(1);
    running = await collectorIn(folder, path ?? "", `http://127.0.0.1:${nobody}`, config);
  });
  afterAll(async () => {
    await running?.collector.stop();
    rmSync(folder, { recursive: true });
  });

  test("has every record as it was sealed, though no Loki is there", async () => {
    const audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: running.url })] });
    for (let n = 0; n < 100; n++) audit.logNodeRemoved({ did: `did:pqaid:node-${n}` });
    await audit.flush();
    const held = (): string[] =>
      readFileSync(join(folder, RAW_FILE), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .flatMap(bodiesIn);
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
