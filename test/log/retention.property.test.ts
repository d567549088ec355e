import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import type { Journal } from "../../src/journal/index.js";
import { verify } from "../../src/verify/index.js";
import { newPath, prunable, pruneUnsealed, START } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";

type Step =
  | { readonly kind: "record"; readonly proposal: string; readonly stepsBack: number }
  | { readonly kind: "hold"; readonly proposal: string }
  | { readonly kind: "hold before"; readonly second: number }
  | { readonly kind: "release"; readonly which: number }
  | { readonly kind: "prune"; readonly second: number; readonly fails: boolean }
  | { readonly kind: "restart"; readonly maxEntries: number; readonly batch: boolean };

const proposal = fc.constantFrom("a", "b", "c", "d");
const second = fc.nat({ max: 40 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("record" as const),
      proposal,
      stepsBack: fc.constantFrom(0, 0, 0, 3, 20),
    }),
  },
  fc.record({ kind: fc.constant("hold" as const), proposal }),
  fc.record({ kind: fc.constant("hold before" as const), second }),
  fc.record({ kind: fc.constant("release" as const), which: fc.nat({ max: 3 }) }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("prune" as const), second, fails: fc.boolean() }),
  },
  fc.record({
    kind: fc.constant("restart" as const),
    maxEntries: fc.integer({ min: 1, max: 50 }),
    batch: fc.boolean(),
  }),
);

/** More than a clock may fall without being held up, so that no check is lenient. */
const STEP = 7_200_000;

const at = (steps: number): number => START + steps * STEP;

interface ModelHold {
  readonly sequence: number;
  readonly proposal?: string;
  readonly before?: number;
}

/** What the log should hold, kept in the plainest way. */
class Model {
  readonly entries: {
    readonly proposal: string | undefined;
    readonly recorded: number;
    readonly happened: number;
  }[] = [];
  readonly holds = new Map<string, ModelHold>();
  /** The first sequence that no entry says was pruned. */
  announced = 0;

  get now(): number {
    return at(this.entries.length);
  }

  add(proposal?: string, stepsBack = 0): void {
    const recorded = this.now;
    this.entries.push({ proposal, recorded, happened: recorded - stepsBack * STEP });
  }

  /** The entries from a sequence on that a hold would cover. */
  coveredBy(hold: Omit<ModelHold, "sequence">, from: number): number[] {
    const { before = 0 } = hold;
    return this.entries.flatMap(({ proposal, recorded, happened }, sequence) => {
      const isCovered =
        hold.proposal === undefined
          ? recorded < before || happened < before
          : proposal === hold.proposal;
      return isCovered && sequence >= from ? [sequence] : [];
    });
  }

  /** The entries that the holds in force keep: what they cover, and their own. */
  kept(from: number): number[] {
    const kept = [...this.holds.values()].flatMap((hold) => [
      hold.sequence,
      ...this.coveredBy(hold, from),
    ]);
    return kept.sort((one, other) => one - other);
  }

  /** How many entries were recorded before a time. */
  olderThan(millis: number): number {
    return this.entries.filter(({ recorded }) => recorded < millis).length;
  }
}

class Run {
  readonly #path = newPath();
  readonly #model = new Model();
  readonly #errors: Error[] = [];
  #journal: Journal = prunable(this.#path);
  #audit: GovernanceAuditLog = this.#opened(50, false);

  #opened(maxEntries: number, batch: boolean): GovernanceAuditLog {
    return new GovernanceAuditLog({
      journal: this.#journal,
      clock: () => new Date(this.#model.now),
      maxEntries,
      durability: batch ? "batch" : "commit",
      onError: (error) => void this.#errors.push(error),
    });
  }

  async take(step: Step): Promise<void> {
    const kept = this.#model.kept(this.#journal.prunedBefore);
    await this.#take(step, kept[0] ?? Number.POSITIVE_INFINITY);
    for (const sequence of kept) expect(this.#audit.get(sequence), `${sequence}`).toBeDefined();
    expect(this.#audit.holds().map(({ id }) => id)).toEqual([...this.#model.holds.keys()]);
    expect(this.#errors).toEqual([]);
  }

  async #take(step: Step, firstKept: number): Promise<void> {
    const model = this.#model;
    const { prunedBefore } = this.#journal;
    switch (step.kind) {
      case "record": {
        const timestamp = new Date(model.now - step.stepsBack * STEP);
        this.#audit.log({ operation: "seen", proposalId: step.proposal, timestamp });
        model.add(step.proposal, step.stepsBack);
        break;
      }
      case "hold":
        this.#hold({ proposal: step.proposal });
        break;
      case "hold before":
        this.#hold({ before: at(step.second) });
        break;
      case "release": {
        const [id = "", hold] = [...model.holds][step.which] ?? [];
        if (hold === undefined) break;
        this.#audit.release({ holdId: id }, "done");
        model.holds.delete(id);
        model.add(hold.proposal);
        break;
      }
      case "prune": {
        const old = Math.max(model.olderThan(at(step.second)), model.announced);
        const expected = Math.max(prunedBefore, Math.min(old, firstKept));
        const spy = vi.spyOn(this.#journal, "prune");
        if (step.fails) spy.mockImplementation(() => {}); // as if the process died here
        const { entry } = this.#audit.prune({ olderThan: new Date(at(step.second)) });
        spy.mockRestore();
        if (entry !== undefined) {
          model.announced = Math.max(model.announced, entry.details.pruned_before);
          model.add();
        }
        expect(this.#journal.prunedBefore).toBe(step.fails ? prunedBefore : expected);
        break;
      }
      case "restart":
        await this.#close();
        this.#journal = prunable(this.#path);
        this.#audit = this.#opened(step.maxEntries, step.batch);
        expect(this.#journal.prunedBefore).toBe(
          Math.max(prunedBefore, Math.min(model.announced, firstKept)),
        );
    }
  }

  #hold(scope: Omit<ModelHold, "sequence">): void {
    const model = this.#model;
    const { prunedBefore } = this.#journal;
    const { proposal, before } = scope;
    const set = () =>
      before === undefined
        ? this.#audit.hold({ proposalId: proposal ?? "" }, "why")
        : this.#audit.hold({ before: new Date(before) }, "why");
    const isEmpty = model.entries.length === 0 && proposal === undefined;
    if (!isEmpty && model.coveredBy(scope, prunedBefore).length === 0) {
      expect(set).toThrow(/the log has no entry of/);
      return;
    }
    const { id, sequence } = set();
    model.holds.set(id, { ...scope, sequence });
    model.add(proposal);
  }

  /** Verifies the journal, then cuts out one entry more, past the log, and verifies it again. */
  async end(): Promise<void> {
    await this.#close();
    this.#journal = prunable(this.#path);
    const { prunedBefore } = this.#journal;
    const codes = async (acceptPruned: number) =>
      (await verify(this.#journal.evidence(), { acceptPruned })).problems.map(({ code }) => code);
    expect(await codes(0)).toEqual([]);
    const [first] = this.#model.kept(prunedBefore);
    const cut = this.#model.entries[prunedBefore];
    if (cut === undefined) return;
    pruneUnsealed(this.#journal, { olderThan: new Date(cut.recorded + 1) });
    const isHeld = first === prunedBefore && !this.#isSetAt(prunedBefore);
    expect((await codes(prunedBefore + 1)).includes("held_entries_pruned")).toBe(isHeld);
    if (this.#model.announced <= prunedBefore) expect(await codes(0)).toContain("unsealed_pruning");
  }

  /** Whether the only thing that kept an entry was that it set a hold: its line is gone. */
  #isSetAt(sequence: number): boolean {
    const others = [...this.#model.holds.values()].filter((hold) => hold.sequence !== sequence);
    return !others.some((hold) => this.#model.coveredBy(hold, sequence).includes(sequence));
  }

  async #close(): Promise<void> {
    await this.#audit.shutdown();
    this.#journal.close();
  }
}

/** Two prunings that were interrupted, of which the first one announced more. */
const INTERRUPTED: Step[] = [
  { kind: "record", proposal: "a", stepsBack: 0 },
  { kind: "record", proposal: "a", stepsBack: 0 },
  { kind: "prune", second: 2, fails: true },
  { kind: "prune", second: 1, fails: true },
  { kind: "prune", second: 0, fails: false },
];

test("what a hold covers is always there, and verify is right every time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const run = new Run();
      for (const step of steps) await run.take(step);
      await run.end();
    }),
    { numRuns: runs(100), examples: [[INTERRUPTED]] },
  );
});
