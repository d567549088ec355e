import type * as Crypto from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { checkpointText } from "../../src/integrity/checkpoint.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { remoteSigningKey, signingKeyOf } from "../../src/integrity/keys/signing-key.js";
import { parseVerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import {
  ORIGIN,
  ROOT,
  refused,
  signatureLine,
  TIME,
  u64,
  vkeyText,
} from "../fixtures/signed-notes.js";

/** Keys of ML-DSA-44 are refused, as the OpenSSL of Node 22 does; Node 22 itself runs this file just as well. */
vi.mock("node:crypto", async (original) => {
  const actual = await original<typeof Crypto>();
  const refuse = <T extends (key: never, ...rest: never[]) => unknown>(call: T) =>
    ((key: never, ...rest: never[]) => {
      const result = call(key, ...rest) as Crypto.KeyObject | Crypto.KeyPairKeyObjectResult;
      const { asymmetricKeyType } = "publicKey" in result ? result.publicKey : result;
      if ((asymmetricKeyType as string) === "ml-dsa-44") throw new Error("unsupported");
      return result;
    }) as unknown as T;
  return {
    ...actual,
    createPublicKey: refuse(actual.createPublicKey as never),
    createPrivateKey: refuse(actual.createPrivateKey as never),
    generateKeyPairSync: refuse(actual.generateKeyPairSync as never),
  };
});

const key = parseVerifierKey(vkeyText(ORIGIN, 0x06, Buffer.alloc(1312, 7)));

describe("a Node without ML-DSA-44", () => {
  test("calls a signature of it unchecked, and one that cannot be one invalid", () => {
    const status = (bytes: number) => {
      const line = signatureLine(key, u64(1), Buffer.alloc(bytes));
      return checkSignatures(`${checkpointText(ORIGIN, 5, ROOT)}\n${line}`, [{ key }]);
    };
    expect(status(2420)).toMatchObject([
      {
        status: "unchecked",
        kind: "log",
        algorithm: "ml-dsa-44",
        reason: "this version of Node does not support ml-dsa-44",
      },
    ]);
    expect(status(2419)).toMatchObject([{ status: "invalid" }]);
  });

  test("makes no such keys, and says what is needed", () => {
    const error = refused(() => generateKeys(ORIGIN, "ml-dsa-44"));
    expect(error).toMatchObject({ code: "invalid_options", field: "algorithm" });
    expect(error.message).toContain("Node 24");
  });

  test("reads no such private key, and says what is needed", () => {
    // The PrivateKeyInfo of the OID 2.16.840.1.101.3.4.3.17 with a seed (RFC 9881 section 6).
    const der = Buffer.concat([
      Buffer.from("3034020100300b060960864801650304031104228020", "hex"),
      Buffer.alloc(32, 1),
    ]);
    const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
    const error = refused(() => signingKeyOf(ORIGIN, pem));
    expect(error).toMatchObject({ code: "invalid_options", field: "privateKey" });
    expect(error.message).toContain("Node 24");
  });

  test("still signs with a remote key of it", async () => {
    const remote = remoteSigningKey({
      verifierKey: key.vkey,
      sign: async () => Buffer.alloc(2420),
    });
    const options = { origin: ORIGIN, size: 5, root: ROOT, keys: [remote], timeMillis: TIME };
    const { note } = await signCheckpoint(options);
    expect(checkSignatures(note, [{ key }])).toMatchObject([{ status: "unchecked" }]);
  });
});
