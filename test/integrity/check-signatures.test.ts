import { createHash, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { checkpointText } from "../../src/integrity/checkpoint.js";
import {
  remoteSigningKey,
  type SigningKey,
  signingKeyOf,
} from "../../src/integrity/keys/signing-key.js";
import { parseVerifierKey, type VerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { parseNote } from "../../src/integrity/note/signed-note.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import {
  cosigner,
  ed25519Of,
  HAS_ML_DSA,
  newKey,
  ORIGIN,
  ROOT,
  refused,
  signatureLine,
  TIME,
  u64,
  vkeyText,
} from "../fixtures/signed-notes.js";

const SECONDS = Math.floor(TIME / 1000);
const TEXT = checkpointText(ORIGIN, 1234, ROOT);
const trust = (...keys: SigningKey[]) => keys.map(({ verifierKey }) => ({ key: verifierKey }));
const signed = (...keys: SigningKey[]) =>
  signCheckpoint({ origin: ORIGIN, size: 1234, root: ROOT, keys, timeMillis: TIME });

describe("a checkpoint signed with Ed25519", () => {
  test("is the note that Go writes, byte for byte", async () => {
    const key = signingKeyOf("example.com/audit", ed25519Of(1).privateKey);
    const root = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const options = {
      origin: "example.com/audit",
      size: 20852163,
      root,
      keys: [key],
      timeMillis: TIME,
    };
    const { note } = await signCheckpoint(options);
    // Written by golang.org/x/mod/sumdb/note for the secret of 32 bytes 0x01.
    expect(note).toBe(
      "example.com/audit\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— example.com/audit " +
        "1nw/6uapaGrRpQe7D8qmbzOwzo0D4ZVuIiYDECb4ExBjJqu/0cLM7GT10sH120L0kUN6IYiF3s0VHrO+DsKCRZ77wQQ=\n",
    );
  });

  test("is valid by its key, and invalid once a byte is changed", async () => {
    const key = newKey();
    const { note } = await signed(key);
    const verdict = { name: ORIGIN, keyId: key.verifierKey.id, algorithm: "ed25519", kind: "log" };
    expect(checkSignatures(note, trust(key))).toEqual([{ ...verdict, status: "valid" }]);
    for (const other of [note.replace("1234", "1235"), note.replace(/(.)=\n\n/, "A=\n\n")])
      expect(checkSignatures(other, trust(key))).toMatchObject([{ ...verdict, status: "invalid" }]);
    const extended = note.replace("\n\n", "\nextension\n\n");
    expect(checkSignatures(extended, trust(key))).toMatchObject([{ status: "invalid" }]);
  });

  test("is passed over by who does not know its key, though it share the name", async () => {
    const { note } = await signed(newKey());
    expect(checkSignatures(note, trust(newKey()))).toMatchObject([
      { name: ORIGIN, kind: "unknown", status: "unchecked" },
    ]);
  });

  test("is not of a known key whose id alone it has", async () => {
    const witness = newKey("witness.example");
    const { note } = await signed(newKey(), witness);
    const [, line] = parseNote(note).signatures;
    const renamed = signatureLine(
      { ...witness.verifierKey, name: ORIGIN },
      line?.signature ?? Buffer.alloc(0),
    );
    expect(checkSignatures(`${TEXT}\n${renamed}`, trust(witness))).toMatchObject([
      { name: ORIGIN, kind: "unknown", status: "unchecked" },
    ]);
  });

  test("is no log's where the known key has another name than the origin", async () => {
    const [log, other] = [newKey(), newKey("witness.example")];
    const { note } = await signed(log, other);
    expect(checkSignatures(note, trust(log, other))).toMatchObject([
      { kind: "log", status: "valid" },
      { kind: "cosignature", status: "valid", name: "witness.example" },
    ]);
    expect(checkSignatures(note, trust(other))).toMatchObject([
      { kind: "unknown" },
      { kind: "cosignature" },
    ]);
  });

  test("is unchecked for the period of its key, unless the caller says the time", async () => {
    const key = newKey();
    const { note } = await signed(key);
    const at = (millis: number) => new Date(TIME + millis);
    const period = [{ key: key.verifierKey, notBefore: at(-1000), notAfter: at(1000) }];
    const status = (time?: Date) => checkSignatures(note, period, time && { time })[0]?.status;
    expect(status()).toBe("unchecked");
    expect(status(at(0))).toBe("valid");
    expect(status(at(-2000))).toBe("invalid");
    expect(status(at(2000))).toBe("invalid");
    expect(status(new Date(Number.NaN))).toBe("invalid");
    expect(checkSignatures(note.replace("1234", "1235"), period)[0]?.status).toBe("invalid");
  });

  test("is valid in any of several periods of its key", async () => {
    const key = newKey();
    const { note } = await signed(key);
    const year = (number: number) => new Date(Date.UTC(number, 0));
    const periods = [
      { key: key.verifierKey, notBefore: year(2020), notAfter: year(2021) },
      { key: key.verifierKey, notBefore: year(2026), notAfter: year(2027) },
    ];
    expect(checkSignatures(note, periods, { time: new Date(TIME) })).toMatchObject([
      { status: "valid" },
    ]);
    expect(checkSignatures(note, periods, { time: year(2023) })).toMatchObject([
      { status: "invalid" },
    ]);
  });
});

describe("a cosignature/v1", () => {
  const witness = cosigner("witness.example/w1", TEXT, SECONDS);
  const note = `${TEXT}\n${witness.line}`;

  test("is valid by its key, with its time", () => {
    expect(checkSignatures(note, [{ key: witness.key }])).toEqual([
      {
        name: "witness.example/w1",
        keyId: witness.key.id,
        algorithm: "ed25519",
        kind: "cosignature",
        status: "valid",
        timestamp: new Date(SECONDS * 1000),
      },
    ]);
  });

  test("is never the log's own, even if the log is named as the cosigner", () => {
    const named = cosigner(ORIGIN, TEXT, SECONDS);
    expect(checkSignatures(`${TEXT}\n${named.line}`, [{ key: named.key }])).toMatchObject([
      { name: ORIGIN, kind: "cosignature", status: "valid" },
    ]);
  });

  test("covers time and extension lines, and is held against the period of its key", () => {
    const extended = `${TEXT}extension\n`;
    const { line } = cosigner("witness.example/w1", extended, SECONDS);
    const status = (text: string, period = {}) =>
      checkSignatures(text, [{ key: witness.key, ...period }])[0]?.status;
    expect(status(`${extended}\n${line}`)).toBe("valid");
    expect(status(`${extended}\n${witness.line}`)).toBe("invalid");
    const later = cosigner("witness.example/w1", TEXT, SECONDS + 1, `${SECONDS}`);
    expect(status(`${TEXT}\n${later.line}`)).toBe("invalid");
    // The key came into use in the very second that the signature says.
    expect(status(note, { notBefore: new Date(TIME) })).toBe("valid");
    expect(status(note, { notBefore: new Date(TIME + 1000) })).toBe("invalid");
    expect(status(note, { notAfter: new Date(TIME - 1000) })).toBe("invalid");
    for (const bound of ["notBefore", "notAfter"])
      expect(status(note, { [bound]: new Date(Number.NaN) })).toBe("invalid");
  });

  test.each([
    ["beyond all dates", 2n ** 64n - 1n],
    ["beyond 2^63", 2n ** 63n],
    ["a second beyond all dates", 8_640_000_000_001n],
  ])("of a time %s is invalid", (_, seconds) => {
    const far = cosigner("witness.example/w1", TEXT, seconds);
    const verdicts = checkSignatures(`${TEXT}\n${far.line}`, [{ key: far.key }]);
    expect(verdicts).toMatchObject([{ status: "invalid" }]);
    expect(verdicts[0]).not.toHaveProperty("timestamp");
  });

  test("of the last date is valid, and of no time has none", () => {
    const last = cosigner("witness.example/w1", TEXT, 8_640_000_000_000n);
    expect(checkSignatures(`${TEXT}\n${last.line}`, [{ key: last.key }])).toMatchObject([
      { status: "valid" },
    ]);
    const none = cosigner("witness.example/w1", TEXT, 0);
    const [verdict] = checkSignatures(`${TEXT}\n${none.line}`, [{ key: none.key }]);
    expect(verdict?.status).toBe("valid");
    expect(verdict).not.toHaveProperty("timestamp");
  });

  test.each([0, 3, 8, 63, 71, 73])("of %i bytes is invalid", (length) => {
    const line = signatureLine(witness.key, Buffer.alloc(Math.max(1, length)));
    expect(checkSignatures(`${TEXT}\n${line}`, [{ key: witness.key }])).toMatchObject([
      { status: "invalid" },
    ]);
  });
});

describe.runIf(HAS_ML_DSA)("a checkpoint signed with ML-DSA-44", () => {
  test("has the signature after key id and time, and is valid by its key", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const { note } = await signed(key);
    const [line] = parseNote(note).signatures;
    expect(line).toMatchObject({ name: ORIGIN, id: key.verifierKey.id });
    expect(line?.signature.length).toBe(8 + 2420);
    expect(Buffer.from(line?.signature.subarray(0, 8) ?? [])).toEqual(u64(SECONDS));
    expect(checkSignatures(note, trust(key))).toEqual([
      {
        name: ORIGIN,
        keyId: key.verifierKey.id,
        algorithm: "ml-dsa-44",
        kind: "log",
        status: "valid",
        timestamp: new Date(SECONDS * 1000),
      },
    ]);
  });

  test("is invalid by another size, root, origin, time or key name", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const { note } = await signed(key);
    const status = (text: string, verifierKey: VerifierKey = key.verifierKey) =>
      checkSignatures(text, [{ key: verifierKey }])[0]?.status;
    expect(status(note.replace("1234", "1235"))).toBe("invalid");
    const otherRoot = createHash("sha256").digest("base64");
    expect(status(note.replace(ROOT.toString("base64"), otherRoot))).toBe("invalid");
    expect(status(note.replace(ORIGIN, "example.com/other"))).toBe("invalid");
    const [line] = parseNote(note).signatures;
    const later = Buffer.concat([u64(SECONDS + 1), line?.signature.subarray(8) ?? Buffer.alloc(0)]);
    expect(status(`${TEXT}\n${signatureLine(key.verifierKey, later)}`)).toBe("invalid");
    const renamed = parseVerifierKey(
      vkeyText("example.com/other", 0x06, key.verifierKey.publicKey),
    );
    const moved = signatureLine(renamed, line?.signature ?? Buffer.alloc(0));
    expect(status(`${TEXT}\n${moved}`, renamed)).toBe("invalid");
  });

  test("does not cover extension lines, so that nothing is read from them", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const { note } = await signed(key);
    const extended = note.replace("\n\n", "\nextension\n\n");
    expect(checkSignatures(extended, trust(key))).toMatchObject([{ status: "valid" }]);
  });

  test("is not as old as it says where the caller knows that its note is newer", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const { note } = await signed(key);
    const keys = [{ key: key.verifierKey, notAfter: new Date(TIME + 5000) }];
    const status = (millis: number) =>
      checkSignatures(note, keys, { time: new Date(TIME + millis) })[0]?.status;
    expect([status(-9000), status(5000), status(6001)]).toEqual(["valid", "valid", "invalid"]);
  });

  test("is held against the period of its key by its own time, whatever the caller says", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const { note } = await signed(key);
    const options = { time: new Date(0) };
    const status = (period: object) =>
      checkSignatures(note, [{ key: key.verifierKey, ...period }], options)[0]?.status;
    expect(status({ notBefore: new Date(TIME), notAfter: new Date(TIME) })).toBe("valid");
    expect(status({ notBefore: new Date(TIME + 1000) })).toBe("invalid");
    expect(status({ notAfter: new Date(TIME - 1000) })).toBe("invalid");
  });

  test("of an origin or a key name over 255 bytes is refused, both ways", async () => {
    const long = "x".repeat(256);
    const options = { size: 1234, root: ROOT, timeMillis: TIME };
    const key = newKey(long, "ml-dsa-44");
    await expect(signCheckpoint({ ...options, origin: long, keys: [key] })).rejects.toMatchObject({
      code: "invalid_options",
    });
    const line = signatureLine(key.verifierKey, Buffer.alloc(2428));
    const verdicts = checkSignatures(`${TEXT}\n${line}`, trust(key));
    expect(verdicts).toMatchObject([{ status: "invalid" }]);
  });

  test("can be signed with Ed25519 too, each checked by itself", async () => {
    const keys = [newKey(ORIGIN, "ml-dsa-44"), newKey(), newKey("witness.example", "ml-dsa-44")];
    const { note, ...rest } = await signed(...keys);
    expect(rest).toEqual({ origin: ORIGIN, size: 1234, rootHash: ROOT.toString("hex") });
    expect(checkSignatures(note, trust(...keys))).toMatchObject([
      { algorithm: "ml-dsa-44", kind: "log", status: "valid" },
      { algorithm: "ed25519", kind: "log", status: "valid" },
      { algorithm: "ml-dsa-44", kind: "cosignature", status: "valid" },
    ]);
  });
});

describe("a key that signs elsewhere", () => {
  const { privateKey, publicKey } = ed25519Of(5);
  const verifierKey = vkeyText(ORIGIN, 0x01, publicKey);

  test("signs as one here does, and of type 0x04 with its time", async () => {
    const remote = async (message: Uint8Array) => sign(null, message, privateKey);
    const key = remoteSigningKey({ verifierKey, sign: remote });
    expect((await signed(key)).note).toBe((await signed(signingKeyOf(ORIGIN, privateKey))).note);
    const timed = remoteSigningKey({
      verifierKey: vkeyText(ORIGIN, 0x04, publicKey),
      sign: remote,
    });
    expect(checkSignatures((await signed(timed)).note, trust(timed))).toMatchObject([
      { status: "valid", timestamp: new Date(SECONDS * 1000) },
    ]);
  });

  test.each([
    [
      "another key's signature",
      async (message: Uint8Array) => sign(null, message, ed25519Of(6).privateKey),
    ],
    ["a signature of something else", async () => sign(null, Buffer.from("else"), privateKey)],
    ["too few bytes", async () => Buffer.alloc(63)],
    ["text", async () => "x".repeat(64)],
    ["nothing", async () => undefined],
  ])("gets no checkpoint for %s", async (_, remote) => {
    const key = remoteSigningKey({ verifierKey, sign: remote as SigningKey["sign"] });
    await expect(signed(key)).rejects.toMatchObject({ code: "verification_failed" });
  });

  test("may fail, with its own error", async () => {
    const error = new Error("the KMS is away");
    const key = remoteSigningKey({ verifierKey, sign: () => Promise.reject(error) });
    await expect(signed(key)).rejects.toBe(error);
  });

  test("is refused without what it needs", () => {
    const sign = async () => Buffer.alloc(64);
    const options = (given: object) => given as Parameters<typeof remoteSigningKey>[0];
    for (const given of [{ sign }, { sign, verifierKey: "nonsense" }, { sign, verifierKey: 7 }])
      expect(refused(() => remoteSigningKey(options(given)))).toMatchObject({
        code: "invalid_options",
        field: "verifierKey",
      });
    for (const given of [{ verifierKey }, { verifierKey, sign: "kms" }])
      expect(refused(() => remoteSigningKey(options(given)))).toMatchObject({ field: "sign" });
    const misspelt = () => remoteSigningKey(options({ verifierKey, sign, signs: sign }));
    expect(refused(misspelt)).toMatchObject({ code: "invalid_options", field: "signs" });
  });
});

describe("no checkpoint is signed", () => {
  const options = { origin: ORIGIN, size: 1, root: ROOT, timeMillis: TIME };
  const key = newKey();

  test.each([
    ["without keys", { keys: [] }],
    ["without a key of the log's name", { keys: [newKey("witness.example")] }],
    ["twice with one key", { keys: [key, key] }],
    ["before 1970", { keys: [key], timeMillis: -1 }],
    ["at no time", { keys: [key], timeMillis: Number.NaN }],
    ["after all dates", { keys: [key], timeMillis: Number.POSITIVE_INFINITY }],
    ["of no size", { keys: [key], size: -1 }],
    ["of no root", { keys: [key], root: Buffer.alloc(0) }],
  ])("%s", async (_, given) => {
    await expect(signCheckpoint({ ...options, ...given })).rejects.toMatchObject({
      code: "invalid_options",
    });
  });

  test("with a private key that is none", () => {
    for (const given of ["nonsense", "", undefined]) {
      const made = () => signingKeyOf(ORIGIN, given as string);
      expect(refused(made)).toMatchObject({ code: "invalid_options", field: "privateKey" });
    }
  });
});
