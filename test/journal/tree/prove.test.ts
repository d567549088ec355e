import { beforeEach, describe, expect, test } from "vitest";
import { leafHashOf } from "../../../src/entry/line.js";
import type { GovernanceAuditLogOptions } from "../../../src/index.js";
import { parseBundle } from "../../../src/integrity/evidence-bundle.js";
import { verifyInclusion } from "../../../src/integrity/merkle/verify-proofs.js";
import { parseTlogProof } from "../../../src/integrity/tlog-proof.js";
import { append, newPath, openJournal, prunable, pruneUnsealed } from "../../fixtures/journal.js";
import {
  isSigned,
  keys,
  NAME,
  remove,
  signer,
  startedLog,
  vkey,
} from "../../fixtures/signed-log.js";

let file: string;
beforeEach(() => {
  file = newPath();
});

const started = (options: GovernanceAuditLogOptions = {}) =>
  startedLog({ journal: file, signer, ...options });

describe("a proof", () => {
  const provesLine = (text: string, key = vkey) => {
    const { index, proof, checkpoint, extra } = parseTlogProof(text);
    const [, size, root] = checkpoint.split("\n");
    expect(isSigned(checkpoint, key)).toBe(true);
    const leafHash = leafHashOf(extra as Uint8Array);
    return verifyInclusion({
      index,
      size: Number(size),
      leafHash,
      proof,
      root: Buffer.from(root ?? "", "base64"),
    });
  };

  test("of an entry is a tlog-proof file with its line; it signs first if needed", async () => {
    const audit = started();
    for (let i = 0; i < 5; i++) remove(audit, `did:${i}`);
    expect(provesLine(await audit.prove(3))).toBe(true);
    const reader = openJournal(file, { readOnly: true });
    expect([...reader.checkpoints()]).toHaveLength(1);
    expect(await reader.prove(3)).toBe(await audit.prove(3));
    remove(audit, "did:5");
    await audit.prove(3);
    expect([...reader.checkpoints()]).toHaveLength(1);
    expect(provesLine(await audit.prove(5))).toBe(true);
  });

  test("of a proposal is a bundle of its lines with one checkpoint", async () => {
    const audit = started();
    const vote = (proposalId: string, voterDid: string) =>
      audit.logVoteCast({ vote: { voteId: "v", proposalId, voterDid, decision: "approve" } });
    for (const did of ["did:a", "did:b", "did:c"]) for (const id of ["p1", "p2"]) vote(id, did);
    const bundle = parseBundle(await audit.prove({ proposalId: "p2" }));
    expect(bundle.entries.map(({ sequence }) => sequence)).toEqual([1, 3, 5]);
    expect(isSigned(bundle.checkpoint)).toBe(true);
    const root = Buffer.from((await audit.checkpoint()).rootHash, "hex");
    for (const { sequence, line, proof } of bundle.entries)
      expect(
        verifyInclusion({ index: sequence, size: 6, leafHash: leafHashOf(line), proof, root }),
      ).toBe(true);
  });

  test("is never one of the whole log, where no proposal is named", async () => {
    const audit = started();
    remove(audit, "did:a");
    for (const nothing of [{}, { proposalId: undefined }, "0", null])
      await expect(audit.prove(nothing as never)).rejects.toMatchObject({
        code: "invalid_options",
      });
  });

  test("is refused for an entry that is not there, not signed, pruned or altered", async () => {
    const journal = prunable(newPath(), { logId: NAME });
    append(journal, 3);
    await expect(journal.prove(0)).rejects.toMatchObject({
      code: "journal_failed",
      message: expect.stringContaining("there is no checkpoint"),
    });
    await journal.checkpoint({ keys });
    await expect(journal.prove(3)).rejects.toThrow(/the newest one covers 3 entries/);
    await expect(journal.prove({ proposalId: "nobody's" })).rejects.toMatchObject({
      code: "journal_failed",
    });
    const second = journal.get(1);
    pruneUnsealed(journal, { olderThan: new Date(second?.timestamp ?? "") });
    await expect(journal.prove(0)).rejects.toThrow(
      /no entry of sequence 0 to prove\. .* may have been pruned/,
    );
    expect(provesLine(await journal.prove(1))).toBe(true);
  });
});
