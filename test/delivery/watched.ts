import { expect } from "vitest";
import type { GovernanceAuditLog } from "../../src/index.js";

/** Checks the equation of the ledger in every turn of the event loop, from now until it is disposed of. */
export function watched(audit: GovernanceAuditLog): Disposable & { readonly turns: number } {
  let turns = 0;
  let broken: unknown;
  const check = (): void => {
    for (const line of Object.values(audit.ledger().mirrors)) {
      turns++;
      if (line.accepted !== line.delivered + line.pending + line.rejected) broken ??= line;
    }
    next = setImmediate(check);
  };
  let next = setImmediate(check);
  return {
    get turns() {
      return turns;
    },
    [Symbol.dispose]() {
      clearImmediate(next);
      expect(broken, "accepted = delivered + pending + rejected").toBeUndefined();
      expect(turns).toBeGreaterThan(0);
    },
  };
}

/** Casts so many votes; those whose number is in `poisoned` hold what a backend refuses. */
export function castVotes(audit: GovernanceAuditLog, count: number, poisoned: readonly number[] = []): void {
  for (let i = 0; i < count; i++)
    audit.logVoteCast({
      vote: {
        voteId: poisoned.includes(i) ? `poison-${i}` : `v${i}`,
        proposalId: "p1",
        voterDid: `did:pqaid:${i % 7}`,
        decision: "approve",
      },
    });
}
