import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  type AuditError,
  GovernanceAuditLog,
  type GovernanceAuditLogOptions,
} from "../../src/index.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { signingKeyOf } from "../../src/integrity/keys/signing-key.js";
import { newPath, openJournal, temporaryFolder, thrownBy } from "../fixtures/journal.js";
import {
  isSigned,
  NAME,
  privateKeyPem,
  remove,
  signer,
  startedLog,
  vkey,
} from "../fixtures/signed-log.js";
import { until } from "../fixtures/until.js";

let file: string;
beforeEach(() => {
  file = newPath();
});

const started = (options: GovernanceAuditLogOptions = {}) =>
  startedLog({ journal: file, signer, ...options });

describe("a log with a signer", () => {
  test("signs its entries on demand, under the name of its key", async () => {
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

  test("signs on its own after a number of entries, and never within a call", async () => {
    const audit = started({ checkpointEvery: { entries: 3 } });
    for (let i = 0; i < 7; i++) remove(audit, `did:${i}`);
    const reader = openJournal(file, { readOnly: true });
    expect(reader.newestCheckpoint()).toBeUndefined();
    await until(() => reader.newestCheckpoint()?.size === 7);
  });

  test("signs on its own after a time, and not if there is no new entry", async () => {
    const audit = started({ checkpointEvery: { millis: 20 } });
    remove(audit, "did:a");
    const reader = openJournal(file, { readOnly: true });
    await until(() => reader.newestCheckpoint()?.size === 1);
    await audit.shutdown();
    expect([...reader.checkpoints()]).toHaveLength(1);
  });

  test("signs a last checkpoint at its shutdown, if there are new entries", async () => {
    const audit = started();
    remove(audit, "did:a");
    await audit.shutdown();
    const again = started();
    await again.shutdown();
    expect(
      Array.from(openJournal(file, { readOnly: true }).checkpoints(), ({ size }) => size),
    ).toEqual([1]);
  });

  test("waits at its shutdown for checkpoints that are under way, and begins no other", async () => {
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

  test("waits for a group, so that the checkpoint covers all entries that helpers returned", async () => {
    const audit = started({ durability: "batch" });
    for (const did of ["did:a", "did:b"]) remove(audit, did);
    expect((await audit.checkpoint()).size).toBe(2);
  });

  test("signs with several keys, also a remote one", async () => {
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
    const path = join(temporaryFolder(), "key.pem");
    writeFileSync(path, signer, { mode: 0o600 });
    expect(isSigned((await started({ signer: path }).checkpoint()).note)).toBe(true);
  });

  test("goes on recording when a key fails, reports it, and signs later", async () => {
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
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: "signing_failed" });
    await expect(audit.checkpoint()).rejects.toThrow(/signing_failed|the HSM is asleep/);
    isDown = false;
    const reader = openJournal(file, { readOnly: true });
    await until(() => reader.newestCheckpoint()?.size === 1);
  });

  test("reports a key that does not answer, and asks it again", async () => {
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

  test("rejects its shutdown if the last checkpoint is not signed in time", async () => {
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

  test.each<[what: string, secret: (pem: string) => string]>([
    ["bare base64", (pem) => pem.split("\n").slice(1, -2).join("")],
    ["a broken armour", (pem) => pem.replace("-----BEGIN", "----BEGIN")],
    ["no armour, on several lines", (pem) => pem.split("\n").slice(1, -2).join("\n")],
    ["a name and a broken armour", (pem) => `Key-Name: a.b\n${pem.replaceAll("-----", "--")}`],
    ["hexadecimal", (pem) => Buffer.from(pem).toString("hex")],
    ["a body that is no key", (pem) => pem.replace(/\n.{8}/, "\nAAAAAAAA")],
  ])("never shows a private key that is given as %s", (_, change) => {
    const secret = change(generateKeys("acme.example", "ed25519").privateKeyPem);
    const error = thrownBy(() => started({ signer: secret }));
    expect(error).toMatchObject({ code: "invalid_options", field: "signer" });
    const shown = inspect(error, { depth: 10 });
    for (const part of secret.split("\n").filter((line) => line.length > 20))
      expect(shown).not.toContain(part.slice(-20));
  });

  test("needs a key of the name that its journal has, and says how to make one", () => {
    const journal = newPath();
    openJournal(journal, { logId: "acme.example" }).close();
    const open = openJournal(newPath(), { logId: "acme.example" });
    for (const options of [{ journal }, { journal, logId: "acme.example" }, { journal: open }])
      expect(thrownBy(() => new GovernanceAuditLog({ ...options, signer }))).toMatchObject({
        code: "invalid_options",
        field: "signer",
        message: expect.stringMatching(
          /"acme\.example\/governance".*keygen --name acme\.example makes$/,
        ),
      });
  });

  test("can neither sign nor prove without a signer", async () => {
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
