import { GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { newPath } from "../journal/fixtures.js";
import { FakeLoki } from "./fake-loki.ts";
import { LOG, resource } from "./fixtures.ts";

/** A Loki with what a signed log of so many votes of one voter has delivered, and the journal of that log. */
export async function signedLoki(
  signer: string,
  voterDid: string,
  count: number,
): Promise<{ readonly loki: FakeLoki; readonly journal: string }> {
  const loki = await FakeLoki.start();
  const journal = newPath();
  const audit = new GovernanceAuditLog({
    journal,
    logId: LOG,
    resource,
    signer,
    mirrors: [otlpMirror({ url: `${loki.url}/otlp/v1/logs` })],
  });
  for (let n = 0; n < count; n++)
    audit.logVoteCast({
      vote: { voteId: `v${n}`, proposalId: `p${n % 3}`, voterDid, decision: "approve" },
    });
  await audit.checkpoint();
  await audit.shutdown();
  return { loki, journal };
}
