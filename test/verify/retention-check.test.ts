import { describe, expect, test } from "vitest";
import type { Journal } from "../../src/journal/index.js";
import { ndjsonSource, type ProblemCode, verify } from "../../src/verify/index.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  rowOf,
  START,
  tamper,
} from "../fixtures/journal.js";

/** Appends an entry of the log itself, whatever it says. */
function say(
  journal: Journal,
  operation: string,
  details: Record<string, string | number>,
  proposalId?: string,
): string {
  const event = { operation, details, proposalId, actorDid: undefined };
  const row = rowOf(journal.length, event, { logId: journal.logId });
  journal.append(row);
  return row.entry.id;
}

const pruned = (from: number, before: number): Record<string, string | number> => ({
  pruned_from: from,
  pruned_before: before,
  pruned_count: before - from,
  older_than: new Date(START + before * 1000).toISOString(),
});

const remove = (journal: Journal, before: number): unknown =>
  pruneUnsealed(journal, { olderThan: new Date(START + before * 1000) });

async function found(
  journal: Journal,
  acceptPruned = 0,
): Promise<{
  codes: (readonly [ProblemCode, number | undefined, number | undefined])[];
  unknown: readonly string[];
}> {
  const { problems, unknown } = await verify(journal.evidence(), { acceptPruned });
  return {
    codes: problems.map(({ code, sequence, from, to }) => [code, sequence ?? from, to]),
    unknown,
  };
}

describe("verify of a journal that was pruned", () => {
  test("finds no fault with a pruning that the log announced, and names the entry", async () => {
    const journal = prunable(newPath());
    append(journal, 10);
    say(journal, "log_pruned", pruned(0, 4));
    remove(journal, 4);
    const { codes, unknown } = await found(journal);
    expect(codes).toEqual([]);
    expect(unknown).toContainEqual(
      expect.stringMatching(/^4 entries were pruned.* Entry 10 says who removed them\.$/),
    );
    say(journal, "log_pruned", pruned(4, 11)); // the first of these entries goes too
    remove(journal, 11);
    expect((await found(journal)).codes).toEqual([]);
  });

  test("reports one that no entry announces, unless the caller accepts so many", async () => {
    const journal = prunable(newPath());
    append(journal, 10);
    say(journal, "log_pruned", pruned(0, 4));
    remove(journal, 6);
    expect((await found(journal)).codes).toEqual([["unsealed_pruning", 4, 5]]);
    expect((await found(journal, 5)).codes).toEqual([["unsealed_pruning", 4, 5]]);
    const { codes, unknown } = await found(journal, 6);
    expect(codes).toEqual([]);
    expect(unknown).toContainEqual(
      expect.stringMatching(/No entry of the log says that all of them were to be removed/),
    );
  });

  test("finds no fault with an announced pruning that was not carried out yet", async () => {
    const journal = prunable(newPath());
    append(journal, 10);
    say(journal, "log_pruned", pruned(0, 4));
    expect((await found(journal)).codes).toEqual([]);
  });

  test("reports what a hold in force keeps, whatever the caller accepts", async () => {
    const journal = prunable(newPath());
    append(journal, 10);
    const id = say(journal, "log_hold_set", { held_from: 2, reason: "why" }, "p1");
    say(journal, "log_pruned", pruned(0, 2));
    remove(journal, 2);
    expect((await found(journal)).codes).toEqual([]);
    remove(journal, 5);
    expect((await found(journal, 5)).codes).toEqual([["held_entries_pruned", 2, 4]]);
    say(journal, "log_hold_released", { hold_id: id, reason: "why" });
    expect((await found(journal, 5)).codes).toEqual([]);
  });

  test("reports an entry that announces to prune what is held, also in an export", async () => {
    const journal = prunable(newPath());
    append(journal, 10);
    say(journal, "log_hold_set", { held_from: 2, reason: "why" }, "p1");
    say(journal, "log_pruned", pruned(0, 5));
    expect((await found(journal)).codes).toEqual([["held_entries_pruned", 11, undefined]]);
    const lines = Array.from(journal.lines(), (line) => Buffer.from(`${line}\n`));
    expect((await verify(ndjsonSource(lines))).problems).toMatchObject([
      {
        code: "held_entries_pruned",
        sequence: 11,
        message: "3 entries were pruned that the hold of entry 10 keeps, from 2 on",
      },
    ]);
  });

  test("keeps the entry of a hold, whatever it says it holds from", async () => {
    const journal = prunable(newPath());
    append(journal, 3);
    say(journal, "log_hold_set", { held_from: 99, reason: "why" }, "p1");
    append(journal, 1);
    say(journal, "log_pruned", pruned(0, 5));
    expect((await found(journal)).codes).toEqual([["held_entries_pruned", 5, undefined]]);
  });

  test.each([
    [{}],
    [{ ...pruned(0, 4), pruned_before: 1.5 }],
    [{ ...pruned(0, 4), pruned_from: -1 }],
    [{ ...pruned(0, 4), pruned_before: 10 ** 6 }],
    [{ ...pruned(0, 4), pruned_from: 4 }],
    [{ ...pruned(0, 4), older_than: "soon" }],
    [{ ...pruned(0, 4), older_than: 7 }],
  ])("does not take %j for the entry of a pruning", async (details) => {
    const journal = prunable(newPath());
    append(journal, 10);
    say(journal, "log_pruned", details as Record<string, string | number>);
    remove(journal, 4);
    expect((await found(journal)).codes).toEqual([["unsealed_pruning", 0, 3]]);
  });

  test("sees that a hold was taken out of the file", async () => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 3);
    say(journal, "log_hold_set", { held_from: 0, reason: "why" }, "p1");
    append(journal, 3);
    journal.close();
    tamper(path, "DELETE FROM entry WHERE operation = 'log_hold_set'");
    const { codes } = await found(openJournal(path, { readOnly: true }));
    expect(codes).toContainEqual(["missing_entries", 3, 3]);
  });
});
