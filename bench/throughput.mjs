import { setImmediate } from "node:timers/promises";
import { GovernanceAuditLog } from "../dist/index.js";
import { votes } from "./votes.mjs";

const signed = votes();

/** Helper calls a second until the journal has every entry. Yields as a server does. */
export async function throughput(options, calls) {
  const audit = new GovernanceAuditLog(options);
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    audit.logVoteCast(signed[i % signed.length]);
    if (i % 64 === 63) await setImmediate();
  }
  await audit.flush();
  const rate = (calls * 1000) / (performance.now() - start);
  await audit.shutdown();
  return rate;
}
