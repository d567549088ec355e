import type { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alertQueries } from "../../scripts/alert-queries.ts";
import { Backends, describeBackends } from "./backends.ts";
import { TamperingExporter } from "./tampering-exporter.ts";

const NEGLECTED = "acme.example/neglected";

describeBackends("an alert rule that asks Loki", () => {
  let backends: Backends;

  beforeAll(async () => {
    backends = await Backends.start();
    const clock = (): Date => new Date(Date.now() - 20 * 60_000);
    const well = backends.log("well", { clock });
    for (let n = 0; n < 10; n++) well.logNodeRemoved({ did: `did:pqaid:node-${n}` });
    await well.checkpoint();
    await well.shutdown();
    const exporter = new TamperingExporter(backends.url); // leaves out an entry
    const neglected = backends.log("neglected", {
      clock,
      logId: NEGLECTED,
      signer: undefined,
      mirrors: [otlpMirror({ exporter, delayMillis: 50 })],
    });
    for (let n = 0; n < 10; n++) byzantine(neglected, `did:pqaid:node-${n}`);
    neglected.log({
      operation: "rule_violated",
      details: {
        rule: "quorum-unmet",
        severity: "error",
        message: "weight 1 of 6",
        sequences: [0],
      },
    });
    await neglected.shutdown();
    await backends.holdRecords("well", 10);
    await backends.holdRecords("neglected", 10);
  });
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test.each(alertQueries().filter(({ language }) => language === "logql"))(
    "fires where it should, and only there: $rule",
    async ({ expr }) => {
      const found = (await backends.ask("query", expr)) as { metric: Record<string, string> }[];
      const logs = new Set(found.map(({ metric }) => metric["governance_log_id"]));
      expect(logs).toEqual(new Set([NEGLECTED]));
    },
  );
});

function byzantine(audit: GovernanceAuditLog, voterDid: string): void {
  audit.logByzantineDetected({
    voterDid,
    proposalId: "urn:p:1",
    priorDecision: "approve",
    conflictingDecision: "reject",
  });
}
