import { afterEach, describe, expect, test, vi } from "vitest";
import type { AuditEvent } from "../../src/entry/audit-event.js";
import type { EvidenceSource } from "../../src/integrity/evidence.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { Journal } from "../../src/journal/index.js";
import { LokiAuditReader } from "../../src/loki/loki-audit-reader.js";
import { quorumlog } from "../fixtures/command-line.js";
import { append, openJournal } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";
import { from } from "../fixtures/loki-flags.js";
import { LOG, sealed, send } from "../fixtures/loki-records.ts";
import { signedLoki } from "../fixtures/signed-loki.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What an app writes later. */
const LATE: readonly Partial<AuditEvent>[] = [
  { operation: "node_added", actorDid: "late", details: { name: "late", weight: 1 } },
  { operation: "vote_cast", proposalId: "p1", actorDid: "late", decision: "approve" },
  {
    operation: "authorization_granted",
    proposalId: "late",
    subjectId: "late",
    kind: "authorize-model",
  },
];

/** Lets an app write each time that verify has read a source to its end. */
function afterReading(
  owner: { evidence(...args: never[]): EvidenceSource },
  write: () => Promise<void> | void,
): void {
  const read = owner.evidence;
  vi.spyOn(owner, "evidence").mockImplementation(function (this: unknown, ...args) {
    const source: EvidenceSource = Reflect.apply(read, this, args);
    const { ordered = true } = source;
    async function* items() {
      yield* source;
      await write();
    }
    return { ordered, [Symbol.asyncIterator]: items };
  });
}

describe("an answer with --key", () => {
  test.each([
    ["standing"],
    ["members"],
    ["check"],
    ["oversight"],
    ["explain", "p1"],
    ["report", "--out", "-"],
  ])("rests on no entry that came after verify read the journal: %s", async (name, ...more) => {
    const { path, key, vkey } = await signedJournal(4);
    const writer = openJournal(path);
    const argv = (journal: string) =>
      name === "explain"
        ? [name, journal, ...more, "--key", vkey]
        : [name, journal, "--key", vkey, ...more];
    const before = await quorumlog(argv(path));
    afterReading(Journal.prototype, async () => {
      append(writer, LATE.length, (sequence) => LATE[(sequence - 4) % LATE.length] ?? {});
      await writer.checkpoint({ keys: [key] });
    });
    const after = await quorumlog(argv(path));
    expect(writer.length).toBeGreaterThan(4);
    expect(after).toEqual(before);
  });

  test("rests on no entry that came after verify read Loki", async () => {
    const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
    const { loki } = await signedLoki(privateKeyPem, "did:a", 4);
    await using _ = loki;
    const argv = ["members", ...from(loki), "--key", vkey, "--json"];
    const before = await quorumlog(argv);
    const late = sealed(4, LATE[0], { recordedMillis: Date.now() });
    afterReading(LokiAuditReader.prototype, () => send(loki.url, [late]));
    expect(await quorumlog(argv)).toEqual(before);
    vi.restoreAllMocks();
    expect((await quorumlog(["members", ...from(loki), "--json"])).stdout).toContain("late");
  });
});
