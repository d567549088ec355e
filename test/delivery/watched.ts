import { expect, onTestFinished } from "vitest";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { type OtlpMirrorOptions, otlpMirror } from "../../src/otlp/index.js";
import type { Backend } from "../fixtures/backend.js";

/**
 * A log with a mirror that comes back soon. However the test ends, the backend is then started anew and the log shut down,
 * so that it delivers nothing into the test after it.
 */
export function logTo(
  backend: Backend,
  options: OtlpMirrorOptions = {},
  errors: AuditError[] = [],
): GovernanceAuditLog {
  const mirror = otlpMirror({
    url: backend.url,
    initialBackoffMillis: 20,
    maxBackoffMillis: 100,
    delayMillis: 10,
    ...options,
  });
  const audit = new GovernanceAuditLog({
    mirrors: [mirror],
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await backend.startAnew();
    await audit.shutdown({ timeoutMillis: 1000 }).catch(() => {});
  });
  return audit;
}

/** Checks the equation of the ledger in every turn of the event loop, from now until it is disposed of. */
export function watched(audit: GovernanceAuditLog): Disposable & { readonly turns: number } {
  let turns = 0;
  let broken: unknown;
  const look = (): void => {
    for (const line of Object.values(audit.ledger().mirrors)) {
      turns++;
      if (line.accepted !== line.delivered + line.pending + line.rejected) broken ??= line;
    }
  };
  const check = (): void => {
    look();
    next = setImmediate(check);
  };
  let next = setImmediate(check);
  return {
    get turns() {
      return turns;
    },
    [Symbol.dispose]() {
      clearImmediate(next);
      look(); // a test that fails in its first turn has to fail for its own reason
      expect(broken, "accepted = delivered + pending + rejected").toBeUndefined();
      expect(turns).toBeGreaterThan(0);
    },
  };
}

/** Casts so many votes; those whose number is in `poisoned` hold what a backend refuses. */
export function castVotes(
  audit: GovernanceAuditLog,
  count: number,
  poisoned: readonly number[] = [],
): void {
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
