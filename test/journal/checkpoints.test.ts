import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogger } from "winston";
import { ATTRIBUTE_CONVENTIONS } from "../../scripts/conventions.ts";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { leafHashOf } from "../../src/entry/line.js";
import {
  type AuditError,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
} from "../../src/index.js";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { parseBundle } from "../../src/integrity/evidence-bundle.js";
import { formatKeyFile, generateKeys } from "../../src/integrity/keys/key-generation.js";

import { remoteSigningKey, signingKeyOf } from "../../src/integrity/keys/signing-key.js";
import { parseVerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { verifyInclusion } from "../../src/integrity/merkle/verify-proofs.js";
import { parseTlogProof } from "../../src/integrity/tlog-proof.js";
import { Journal } from "../../src/journal/index.js";
import { winstonMirror } from "../../src/winston/index.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { append, newPath, openJournal, thrownBy } from "../fixtures/journal.js";
import { keeping, type Line } from "../fixtures/memory-logger.js";

const NAME = "acme.example/governance";
const { privateKeyPem, vkey } = generateKeys(NAME, "ed25519");
const logs: GovernanceAuditLog[] = [];
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  file = join(folder, "governance.db");
});
afterEach(async () => {
  for (const audit of logs.splice(0)) await audit.shutdown({ timeoutMillis: 1 }).catch(() => {});
  rmSync(folder, { recursive: true });
});

function started(options: GovernanceAuditLogOptions = {}): GovernanceAuditLog {
  const signer = formatKeyFile(NAME, privateKeyPem);
  const audit = new GovernanceAuditLog({ journal: file, signer, onError: () => {}, ...options });
  logs.push(audit);
  return audit;
}

const remove = (audit: GovernanceAuditLog, did: string) => audit.logNodeRemoved({ did });
const isSigned = (note: string, key = vkey) =>
  checkSignatures(note, [{ key: parseVerifierKey(key) }]).some(({ status }) => status === "valid");

function witness(): LogRecordProcessor & { readonly records: ReadableLogRecord[] } {
  const records: ReadableLogRecord[] = [];
  return {
    records,
    onEmit: (record) => void records.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

const mirrorOf = (exporter: ScriptedExporter, options = {}) =>
  new ReliableLogRecordProcessor({
    exporter,
    delayMillis: 1,
    initialBackoffMillis: 1,
    maxBackoffMillis: 2,
    ...options,
  });
const bodies = (exporter: ScriptedExporter) =>
  exporter.batches
    .flat()
    .map(({ eventName, attributes }) =>
      eventName === "governance.checkpoint"
        ? `checkpoint ${attributes["governance.checkpoint.size"]}`
        : attributes["governance.sequence"],
    );

describe("a log with a signer", () => {
  test("signs on demand what it has, under the name of its key", async () => {
    const audit = started();
    expect(audit.logId).toBe(NAME);
    remove(audit, "did:a");
    const checkpoint = await audit.checkpoint();
    expect(checkpoint).toMatchObject({ origin: NAME, size: 1, rootHash: audit.get(0)?.leafHash });
    expect(isSigned(checkpoint.note)).toBe(true);
    const reader = openJournal(file, { readOnly: true });
    expect(reader.newestCheckpoint()?.note).toBe(checkpoint.note);
    remove(audit, "did:b");
    await audit.checkpoint();
    expect(Array.from(reader.checkpoints(), ({ size }) => size)).toEqual([1, 2]);
  });

  test("signs by itself after so many entries, and never within a call", async () => {
    const audit = started({ checkpointEvery: { entries: 3 } });
    for (let i = 0; i < 7; i++) remove(audit, `did:${i}`);
    const reader = openJournal(file, { readOnly: true });
    expect(reader.newestCheckpoint()).toBeUndefined();
    await vi.waitFor(() => expect(reader.newestCheckpoint()?.size).toBe(7));
  });

  test("signs by itself after so long, and not where nothing happened", async () => {
    const audit = started({ checkpointEvery: { millis: 20 } });
    remove(audit, "did:a");
    const reader = openJournal(file, { readOnly: true });
    await vi.waitFor(() => expect(reader.newestCheckpoint()?.size).toBe(1));
    await audit.shutdown();
    expect([...reader.checkpoints()]).toHaveLength(1);
  });

  test("signs the last one at its shutdown, once", async () => {
    const audit = started();
    remove(audit, "did:a");
    await audit.shutdown();
    const again = started();
    await again.shutdown();
    expect(
      Array.from(openJournal(file, { readOnly: true }).checkpoints(), ({ size }) => size),
    ).toEqual([1]);
  });

  test("waits at its shutdown for those that are under way, and begins no other", async () => {
    const errors: AuditError[] = [];
    const audit = started({
      checkpointEvery: { entries: 1 },
      onError: (error) => errors.push(error),
    });
    remove(audit, "did:a");
    const asked = audit.checkpoint();
    remove(audit, "did:b");
    await audit.shutdown();
    expect((await asked).size).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([]);
    expect(openJournal(file, { readOnly: true }).newestCheckpoint()?.size).toBe(2);
  });

  test("waits for a group, so that the checkpoint is over what the helpers returned", async () => {
    const audit = started({ durability: "batch" });
    for (const did of ["did:a", "did:b"]) remove(audit, did);
    expect((await audit.checkpoint()).size).toBe(2);
  });

  test("signs with several keys, also one that is elsewhere, and in the names of all their ids", async () => {
    const elsewhere = generateKeys(NAME, "ed25519");
    const key = signingKeyOf(NAME, elsewhere.privateKeyPem);
    const sign = vi.fn((message: Uint8Array) => key.sign(message));
    const audit = started({
      signer: [createPrivateKey(privateKeyPem), { verifierKey: elsewhere.vkey, sign }],
    });
    const { note } = await audit.checkpoint();
    expect([isSigned(note), isSigned(note, elsewhere.vkey)]).toEqual([true, true]);
    expect(sign).toHaveBeenCalledOnce();
  });

  test("reads a key from its file", async () => {
    const path = join(folder, "key.pem");
    writeFileSync(path, formatKeyFile(NAME, privateKeyPem), { mode: 0o600 });
    expect(isSigned((await started({ signer: path }).checkpoint()).note)).toBe(true);
  });

  test("goes on recording when a key fails, says so, and signs later", async () => {
    const errors: AuditError[] = [];
    const key = signingKeyOf(NAME, privateKeyPem);
    let isDown = true;
    const sign = async (message: Uint8Array) => {
      if (isDown) throw new Error("the HSM is asleep");
      return key.sign(message);
    };
    const audit = started({
      signer: { verifierKey: vkey, sign },
      checkpointEvery: { entries: 1, millis: 10 },
      onError: (error) => errors.push(error),
    });
    remove(audit, "did:a");
    await vi.waitFor(() => expect(errors[0]).toMatchObject({ code: "signing_failed" }));
    await expect(audit.checkpoint()).rejects.toThrow(/signing_failed|the HSM is asleep/);
    isDown = false;
    const reader = openJournal(file, { readOnly: true });
    await vi.waitFor(() => expect(reader.newestCheckpoint()?.size).toBe(1));
  });

  test("says that a key never answered, and asks it again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const errors: AuditError[] = [];
      const sign = vi.fn(() => new Promise<never>(() => {}));
      const audit = started({
        signer: { verifierKey: vkey, sign },
        checkpointEvery: { millis: 10 },
        onError: (error) => errors.push(error),
      });
      remove(audit, "did:a");
      await vi.advanceTimersByTimeAsync(60_000);
      expect(errors[0]).toMatchObject({ code: "signing_failed" });
      expect(sign.mock.calls.length).toBeGreaterThan(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test("says at its shutdown that the last checkpoint could not be signed, or not in time", async () => {
    const audit = started({ signer: { verifierKey: vkey, sign: () => new Promise(() => {}) } });
    remove(audit, "did:a");
    await expect(audit.shutdown({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("the last checkpoint was not done after"),
    });
    expect(openJournal(file).length).toBe(1);
  });

  test.each<[string, GovernanceAuditLogOptions, string]>([
    ["no journal", { journal: undefined }, "signer"],
    ["no keys", { signer: [] }, "signer"],
    ["no file", { signer: "/nowhere/key.pem" }, "signer"],
    ["a public key", { signer: generateKeyPairSync("ed25519").publicKey as KeyObject }, "signer"],
    [
      "an RSA key",
      { signer: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey },
      "signer",
    ],
    ["another log id", { logId: "other" }, "signer"],
    [
      "no signer to an interval",
      { signer: undefined, checkpointEvery: { entries: 1 } },
      "checkpointEvery",
    ],
    ["an interval of 0", { checkpointEvery: { entries: 0 } }, "checkpointEvery.entries"],
    ["an interval of no known name", { checkpointEvery: { hours: 1 } as never }, "hours"],
  ])("refuses %s", (_, options, field) => {
    expect(thrownBy(() => started(options))).toMatchObject({ code: "invalid_options", field });
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  test("refuses the journal of another log", () => {
    openJournal(file, { logId: "other" }).close();
    expect(thrownBy(() => started()).code).toBe("invalid_options");
    expect(openJournal(file).logId).toBe("other");
  });

  test("has neither checkpoint nor proof without one", async () => {
    const audit = started({ signer: undefined });
    remove(audit, "did:a");
    await expect(audit.checkpoint()).rejects.toMatchObject({
      code: "invalid_options",
      field: "signer",
    });
    await expect(audit.prove(0)).rejects.toMatchObject({ code: "journal_failed" });
    await expect(new GovernanceAuditLog().prove(0)).rejects.toMatchObject({
      code: "invalid_options",
    });
  });
});

describe("two histories", () => {
  test("are never signed: a journal that lost what was signed is refused a signature", async () => {
    const audit = started();
    for (const did of ["did:a", "did:b"]) remove(audit, did);
    await audit.shutdown();
    const database = new DatabaseSync(file);
    database.exec("DROP TRIGGER entry_delete");
    database.exec("DELETE FROM entry WHERE sequence = 1");
    database.exec(
      `CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    database.close();
    const again = started();
    remove(again, "did:x");
    await expect(again.checkpoint()).rejects.toMatchObject({ code: "verification_failed" });
  });
});

describe("checkpoints and mirrors", () => {
  test("go to every mirror as records of their own, at the shutdown too", async () => {
    const plain = witness();
    const exporter = new ScriptedExporter();
    const audit = started({ mirrors: [plain, mirrorOf(exporter)] });
    remove(audit, "did:a");
    const { note, rootHash } = await audit.checkpoint();
    remove(audit, "did:b");
    await audit.shutdown();
    const [entry, checkpoint] = plain.records;
    expect(checkpoint).toMatchObject({
      eventName: "governance.checkpoint",
      body: note,
      attributes: {
        "governance.operation": "checkpoint",
        "governance.log.id": NAME,
        "governance.checkpoint.size": 1,
        "governance.checkpoint.root_hash": rootHash,
        "log.record.uid": expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(checkpoint?.attributes["governance.sequence"]).toBeUndefined();
    expect(checkpoint?.resource.attributes).toEqual(entry?.resource.attributes);
    expect(checkpoint?.instrumentationScope).toEqual(entry?.instrumentationScope);
    expect(bodies(exporter)).toEqual([0, "checkpoint 1", 1, "checkpoint 2"]);
    expect(audit.ledger()).toMatchObject({
      accepted: 2,
      mirrors: { otlp: { accepted: 4, delivered: 4 } },
    });
  });

  test("count in the ledger whoever signed them, and are left pending by a log that was shut down", async () => {
    const journal = openJournal(file, { logId: NAME });
    const exporter = new ScriptedExporter();
    const errors: AuditError[] = [];
    const onError = (error: AuditError) => errors.push(error);
    const audit = started({ journal, signer: undefined, mirrors: [mirrorOf(exporter)], onError });
    remove(audit, "did:a");
    await journal.checkpoint({ keys: [signingKeyOf(NAME, privateKeyPem)] });
    await audit.flush();
    expect(audit.ledger().mirrors["otlp"]).toEqual({
      accepted: 2,
      delivered: 2,
      pending: 0,
      rejected: 0,
    });
    expect(bodies(exporter)).toEqual([0, "checkpoint 1"]);
    await audit.shutdown();
    await journal.checkpoint({ keys: [signingKeyOf(NAME, privateKeyPem)] });
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({
      accepted: 3,
      delivered: 2,
      pending: 1,
      rejected: 0,
    });
    expect(errors).toEqual([]);
  });

  test("are lines in words for winston, with the note as metadata", async () => {
    const lines: Line[] = [];
    const logger = createLogger({ transports: [keeping(lines)] });
    const audit = started({ mirrors: [winstonMirror(logger)] });
    remove(audit, "did:a");
    const { note, rootHash } = await audit.checkpoint();
    await audit.flush();
    expect(lines[1]).toMatchObject({
      level: "info",
      message: `checkpoint of 1 entries of ${NAME}`,
    });
    expect(lines[1]?.["governance"]).toEqual({
      operation: "checkpoint",
      logId: NAME,
      id: expect.any(String),
      size: 1,
      rootHash,
      note,
    });
  });

  test("have the attributes that the conventions name", async () => {
    const plain = witness();
    await started({ mirrors: [plain] }).checkpoint();
    const own = ATTRIBUTE_CONVENTIONS.filter(({ operations }) => operations.includes("checkpoint"));
    expect(Object.keys(plain.records[0]?.attributes ?? {}).sort()).toEqual(
      [
        ...own.map(({ name }) => name),
        "governance.operation",
        "governance.log.id",
        "log.record.uid",
      ].sort(),
    );
  });

  test("are delivered after a restart in their place, with the same ids", async () => {
    const down = new ScriptedExporter(failWith(new Error("down")));
    const plain = witness();
    const first = started({ mirrors: [plain, mirrorOf(down)] });
    remove(first, "did:a");
    await first.checkpoint();
    await first.checkpoint();
    remove(first, "did:b");
    await first.checkpoint();
    await first.shutdown({ timeoutMillis: 30 }).catch(() => {});
    const up = new ScriptedExporter();
    const second = started({ mirrors: [mirrorOf(up)] });
    expect(second.ledger().mirrors["otlp"]).toMatchObject({ accepted: 5, pending: 5 });
    remove(second, "did:c");
    await second.flush();
    expect(bodies(up)).toEqual([0, "checkpoint 1", "checkpoint 1", 1, "checkpoint 2", 2]);
    const ids = (records: readonly ReadableLogRecord[]) =>
      records.map(({ attributes }) => attributes["log.record.uid"]);
    expect(ids(up.batches.flat()).slice(0, 5)).toEqual(ids(plain.records));
  });

  test("are part of a backfill, and of what a new mirror begins behind", async () => {
    const first = started();
    remove(first, "did:a");
    await first.shutdown();
    const all = new ScriptedExporter();
    const late = new ScriptedExporter();
    const second = started({
      mirrors: [mirrorOf(all, { name: "all", backfill: true }), mirrorOf(late, { name: "late" })],
    });
    remove(second, "did:b");
    await second.flush();
    expect([bodies(all), bodies(late)]).toEqual([[0, "checkpoint 1", 1], [1]]);
  });

  test("and entries of a log without the mirror are pending for it in the next log of the same journal", async () => {
    const journal = openJournal(file, { logId: NAME });
    const logged = async (exporter?: ScriptedExporter) => {
      const audit = started({
        journal,
        mirrors: exporter ? [mirrorOf(exporter, { name: "otlp" })] : [],
      });
      remove(audit, "did:a");
      await audit.shutdown();
    };
    await logged(new ScriptedExporter());
    await logged();
    const again = new ScriptedExporter();
    const audit = started({ journal, mirrors: [mirrorOf(again, { name: "otlp" })] });
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({ pending: 2 });
    await audit.flush();
    expect(bodies(again)).toEqual([1, "checkpoint 2"]);
  });

  test("are part of a backfill too where they stand before the first entry", async () => {
    const first = started();
    await first.checkpoint();
    remove(first, "did:a");
    await first.shutdown();
    const all = new ScriptedExporter();
    const second = started({ mirrors: [mirrorOf(all, { backfill: true })] });
    await second.flush();
    expect(bodies(all)).toEqual(["checkpoint 0", 0, "checkpoint 1"]);
  });

  test("that are rejected are listed by their size, and sent again with all", async () => {
    const picky = new ScriptedExporter((records, done) => {
      const isRefused = records.some(({ eventName }) => eventName === "governance.checkpoint");
      (isRefused ? failWith(new ExportError("HTTP 400", { status: 400 })) : succeed)(records, done);
    });
    const journal = Journal.open(file, { logId: NAME });
    const audit = started({ journal, mirrors: [mirrorOf(picky)] });
    remove(audit, "did:a");
    await audit.checkpoint();
    remove(audit, "did:b");
    await audit.flush().catch(() => {});
    expect(journal.rejected("otlp")).toMatchObject([
      { checkpointSize: 1, reason: expect.any(String) },
    ]);
    expect(journal.resend("otlp", [0, 1])).toBe(0);
    picky.takes = succeed;
    expect(journal.resend("otlp")).toBe(1);
    await audit.flush();
    expect(bodies(picky)).toContain("checkpoint 1");
    await expect(audit.shutdown()).rejects.toThrow(/0 pending, 1 rejected/); // of its whole life
    journal.close();
  });
});

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

  test("of an entry is a tlog-proof file with its line, which signs first where nothing covers it", async () => {
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
    const journal = openJournal(newPath(), { logId: NAME, minimumRetentionDays: 0 });
    const keys = [signingKeyOf(NAME, privateKeyPem)];
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
    journal.prune({ olderThan: new Date(second?.timestamp ?? "") });
    await expect(journal.prove(0)).rejects.toThrow(
      /no entry of sequence 0 to prove\. .* may have been pruned/,
    );
    expect(provesLine(await journal.prove(1))).toBe(true);
  });
});

test("the tables of checkpoints and subtrees are append-only too", async () => {
  const path = newPath();
  const journal = openJournal(path, { logId: NAME });
  append(journal, 256);
  const keys = [
    remoteSigningKey({ verifierKey: vkey, sign: signingKeyOf(NAME, privateKeyPem).sign }),
  ];
  await journal.checkpoint({ keys });
  journal.close();
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  for (const table of ["checkpoint", "subtree"]) {
    expect(() => database.exec(`DELETE FROM ${table}`)).toThrow(/append-only/);
    expect(() => database.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow(
      /append-only/,
    );
  }
  expect(() => database.exec("UPDATE checkpoint SET note = ''")).toThrow(/append-only/);
  expect(() => database.exec("UPDATE subtree SET root = zeroblob(32)")).toThrow(/append-only/);
  database.close();
});
