// Compiled, not run: a query that names its operation gives entries of that operation.
import { expectTypeOf } from "vitest";
import type {
  AuditEntry,
  AuditLogProcessor,
  AuditPage,
  AuditQuery,
  AuditReader,
  FoundEntry,
  FoundEntryOf,
  GovernanceAuditLog,
  VoteDecision,
} from "../../src/index.js";
import type { Journal } from "../../src/journal/index.js";
import type { LokiAuditReader } from "../../src/loki/index.js";
import { assertRecorded } from "../../src/testing/index.js";

type VoteFound = FoundEntryOf<"vote_cast">;

const LAST_VOTE = { operation: "vote_cast", limit: 1 } as const;

export async function everyReaderNarrows(
  audit: GovernanceAuditLog,
  processor: AuditLogProcessor,
  journal: Journal,
  reader: AuditReader,
  loki: LokiAuditReader,
): Promise<void> {
  const query = { operation: "vote_cast", limit: 5 } as const;
  for (const source of [audit, processor, journal, reader]) {
    expectTypeOf(source.entries(query)).toEqualTypeOf<VoteFound[]>();
    expectTypeOf(source.page(query)).toEqualTypeOf<AuditPage<VoteFound>>();
  }
  expectTypeOf(audit.entries(query)).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(processor.entries(query)).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(journal.entries(query)).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(audit.page(query).entries).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(processor.page(query).entries).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(journal.page(query).entries).toEqualTypeOf<VoteFound[]>();
  expectTypeOf(await loki.entries(query, {})).toEqualTypeOf<VoteFound[]>();
  expectTypeOf((await loki.page(query)).entries).toEqualTypeOf<VoteFound[]>();
}

export function columnsOfTheOperation(audit: GovernanceAuditLog): void {
  for (const entry of audit.entries({ operation: "vote_cast", proposalId: "p1" })) {
    expectTypeOf(entry.operation).toEqualTypeOf<"vote_cast">();
    expectTypeOf(entry.decision).toEqualTypeOf<VoteDecision | undefined>();
    expectTypeOf(entry.details.vote_id).toExtend<string | undefined>();
    // @ts-expect-error a vote of an older system may have no proposal
    const proposalId: string = entry.proposalId;
    void proposalId;
    // @ts-expect-error a vote is never "passed"
    if (entry.decision === "passed") return;
    // @ts-expect-error all of them are votes
    if (entry.operation === "node_added") return;
  }
  const [result] = audit.entries({ operation: "consensus_reached" });
  expectTypeOf(result?.details.total_weight).toExtend<number | undefined>();
}

export function severalOperations(
  audit: GovernanceAuditLog,
  either: "node_added" | "node_removed",
): void {
  const entries = audit.entries({ operation: either });
  expectTypeOf(entries).toEqualTypeOf<
    (FoundEntryOf<"node_added"> | FoundEntryOf<"node_removed">)[]
  >();
  for (const entry of entries)
    if (entry.operation === "node_added")
      expectTypeOf(entry.details.weight).toExtend<number | undefined>();
  const listed = audit.entries({ operation: ["node_added", "node_removed"], limit: 5 });
  expectTypeOf(listed).toEqualTypeOf<
    (FoundEntryOf<"node_added"> | FoundEntryOf<"node_removed">)[]
  >();
  expectTypeOf(audit.page({ operation: ["vote_cast"] })).toEqualTypeOf<AuditPage<VoteFound>>();
  const names: string[] = ["vote_cast"];
  expectTypeOf(audit.entries({ operation: names })).toEqualTypeOf<AuditEntry[]>();
}

export function anyOperation(
  audit: GovernanceAuditLog,
  name: string,
  maybe: "vote_cast" | undefined,
  query: AuditQuery,
  partial: { readonly operation?: "vote_cast" },
): void {
  expectTypeOf(audit.entries()).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.entries({ limit: 5 })).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.entries({ operation: name })).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.entries(query)).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.page(query)).toEqualTypeOf<AuditPage>();
  // undefined is no condition, so these find entries of any operation
  expectTypeOf(audit.entries({ operation: maybe })).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.entries(partial)).toEqualTypeOf<AuditEntry[]>();
  // not declared: `log` records it, and the entry may be anything
  expectTypeOf(audit.entries({ operation: "policy_updated" })).toEqualTypeOf<AuditEntry[]>();
  expectTypeOf<FoundEntry<"vote_cast" | "policy_updated">>().toEqualTypeOf<AuditEntry>();
}

export function mistakesAreFound(audit: GovernanceAuditLog): void {
  // @ts-expect-error there is no such field, also beside an operation
  audit.entries({ operation: "vote_cast", proposal_id: "p1" });
  // @ts-expect-error a detail that is a list cannot be asked for
  audit.entries({ details: { votes: ["v1"] } });
  // @ts-expect-error times are Dates, also beside an operation
  audit.page({ operation: "vote_cast", since: "2026-04-14" });
}

export function narrowedEntriesAreEntries(audit: GovernanceAuditLog): AuditEntry[] {
  return audit.entries({ operation: "vote_cast" });
}

export function assertionsNarrow(audit: GovernanceAuditLog, name: string): void {
  expectTypeOf(assertRecorded(audit, { operation: "vote_cast" })).toEqualTypeOf<VoteFound>();
  expectTypeOf(assertRecorded(audit, { operation: name })).toEqualTypeOf<AuditEntry>();
  expectTypeOf(assertRecorded(audit, { actorDid: "did:bob" })).toEqualTypeOf<AuditEntry>();
}

export function journalOfALogIsNotAppendedTo(audit: GovernanceAuditLog): void {
  const journal = audit.journal;
  if (journal === undefined) return;
  expectTypeOf(journal.entries(LAST_VOTE)).toEqualTypeOf<VoteFound[]>();
  // @ts-expect-error the log appends
  journal.append();
  // @ts-expect-error the log closes what it opened
  journal.close();
}
