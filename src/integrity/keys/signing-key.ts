import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { AuditError, invalidOption } from "../../errors.js";
import { callback, type Readers, readOptions, string } from "../../options.js";
import { parseVerifierKey, type VerifierKey, verifierKeyOf } from "./verifier-key.js";

/** A key that signs checkpoints. Its private half may be anywhere. */
export interface SigningKey {
  /** The key that verifies its signatures. */
  readonly verifierKey: VerifierKey;
  /**
   * Signs a message. Resolves with 64 bytes for Ed25519 (RFC 8032), with 2420 for ML-DSA-44 (FIPS
   * 204, pure, no context).
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /** @internal The file beside the key that says what it has signed, if there is one. */
  readonly register?: string | undefined;
}

/** A key that signs elsewhere, such as in a KMS. */
export interface RemoteSigningKeyOptions {
  /** Its public half as text: see `parseVerifierKey`. */
  readonly verifierKey: string;
  /** Signs a message: see `SigningKey.sign`. */
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Makes a key that signs in this process. It signs on Node's thread pool and does not block the
 * event loop.
 *
 * @param name - The key's name. A key of a log has the log's origin as its name.
 * @param privateKey - A key of Ed25519, or of ML-DSA-44 from Node 24 on: PEM (PKCS #8), or a
 * `KeyObject`.
 * @throws `AuditError` `invalid_options`, also for a key of ML-DSA-44 if this version of Node does
 * not support it.
 */
export function signingKeyOf(name: string, privateKey: KeyObject | string): SigningKey {
  const key = typeof privateKey === "string" ? keyOfPem(privateKey) : privateKey;
  if (key?.type !== "private") throw invalidOption("privateKey", "expected a private key");
  return {
    verifierKey: verifierKeyOf(name, createPublicKey(key)),
    sign: (message) =>
      new Promise((resolve, reject) => {
        sign(null, message, key, (error, signature) =>
          error ? reject(error) : resolve(signature),
        );
      }),
  };
}

function keyOfPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const message =
      "privateKey: this version of Node cannot read it; expected PEM of a key of Ed25519, " +
      "or from Node 24 on (OpenSSL 3.5) of ML-DSA-44";
    throw new AuditError("invalid_options", message, { field: "privateKey", cause });
  }
}

/**
 * Makes a key that signs elsewhere. Its signatures are verified before they get into a checkpoint,
 * if this version of Node supports the algorithm.
 *
 * @throws `AuditError` `invalid_options`.
 *
 * @example A key in a KMS
 * ```ts
 * import { KMS } from "@aws-sdk/client-kms";
 * import { remoteSigningKey } from "quorumlog/journal";
 *
 * const kms = new KMS({});
 * const key = remoteSigningKey({
 *   verifierKey: "example.com/audit+d67c3fea+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
 *   sign: async (message) => {
 *     const { Signature } = await kms.sign({
 *       KeyId: "alias/governance",
 *       Message: message,
 *       MessageType: "RAW",
 *       SigningAlgorithm: "ED25519_SHA_512",
 *     });
 *     if (Signature === undefined) throw new Error("KMS returned no signature");
 *     return Signature;
 *   },
 * });
 * ```
 */
export function remoteSigningKey(options: RemoteSigningKeyOptions): SigningKey {
  const { verifierKey, sign } = readOptions(options, REMOTE_READERS);
  return { verifierKey, sign: (message) => sign(message) };
}

const REMOTE_READERS: Readers<Pick<SigningKey, "verifierKey" | "sign">> = {
  verifierKey: (value, field) => {
    try {
      return parseVerifierKey(string(value, field));
    } catch (cause) {
      const message = `${field}: expected a verifier key as text, <name>+<key id>+<base64>`;
      throw new AuditError("invalid_options", message, { field, cause });
    }
  },
  sign: callback(),
};
