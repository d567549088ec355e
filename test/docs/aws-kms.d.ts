// The part of the AWS SDK for KMS that the docs use; we do not install it.
declare module "@aws-sdk/client-kms" {
  interface SignInput {
    readonly KeyId: string;
    readonly Message: Uint8Array;
    readonly MessageType: "RAW" | "DIGEST";
    readonly SigningAlgorithm: "ED25519_SHA_512";
  }

  export class KMS {
    constructor(configuration: object);
    sign(input: SignInput): Promise<{ readonly Signature?: Uint8Array }>;
  }
}
