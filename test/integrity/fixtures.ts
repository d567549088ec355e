import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { expect } from "vitest";
import { AuditError } from "../../src/errors.js";
import { generateKeys } from "../../src/integrity/key-generation.js";
import type { KeyAlgorithm } from "../../src/integrity/signature-types.js";
import { type SigningKey, signingKeyOf } from "../../src/integrity/signing-key.js";
import type { VerifierKey } from "../../src/integrity/verifier-key.js";

export const ORIGIN = "example.com/audit";
export const ROOT = createHash("sha256").update("some root").digest();
/** 2026-11-24T10:00:00.700Z. */
export const TIME = 1_795_514_400_700;

/** Whether this Node has ML-DSA-44: tests that sign with it need 24 or later. */
export const HAS_ML_DSA = (() => {
  try {
    return (generateKeyPairSync as (type: string) => unknown)("ml-dsa-44") !== undefined;
  } catch {
    return false;
  }
})();

/** A new signing key. */
export const newKey = (name = ORIGIN, algorithm: KeyAlgorithm = "ed25519"): SigningKey =>
  signingKeyOf(name, generateKeys(name, algorithm).privateKeyPem);

/** The text of a verifier key, put together by the specification alone. */
export function vkeyText(name: string, type: number, publicKey: Uint8Array): string {
  const id = createHash("sha256")
    .update(`${name}\n`)
    .update(Uint8Array.of(type))
    .update(publicKey)
    .digest("hex");
  return `${name}+${id.slice(0, 8)}+${Buffer.concat([Uint8Array.of(type), publicKey]).toString("base64")}`;
}

/** The line of a signature, put together by the specification alone. */
export function signatureLine({ name, id }: VerifierKey, ...signature: Uint8Array[]): string {
  const keyId = Buffer.alloc(4);
  keyId.writeUInt32BE(id);
  return `— ${name} ${Buffer.concat([keyId, ...signature]).toString("base64")}\n`;
}

/** Big-endian, 64 bits. */
export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** The private key of Ed25519 whose secret is 32 times the byte (RFC 8410 section 7), and its raw public key. */
export function ed25519Of(byte: number) {
  const secret = Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    Buffer.alloc(32, byte),
  ]);
  const privateKey = createPrivateKey({ key: secret, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey)
    .export({ format: "der", type: "spki" })
    .subarray(-32);
  return { privateKey, publicKey };
}

/** What it throws. */
export function refused(call: () => unknown): AuditError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(AuditError);
    return error as AuditError;
  }
  throw new Error("it did not throw");
}
