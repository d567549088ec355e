import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { invalidOption } from "../errors.js";
import { keyFile } from "../text/safe-text.js";

/** A file in PEM, and the option or the variable that names it. */
export interface PemFile {
  readonly field: string;
  readonly path: string;
}

/** The files that a connection over TLS needs. Each may be absent. */
export interface TlsPaths {
  /** The authorities that the server is verified with, in place of Node's own. */
  readonly certificate: PemFile | undefined;
  readonly clientKey: PemFile | undefined;
  /** The certificate of the client, and those that lead to its authority. */
  readonly clientCertificate: PemFile | undefined;
}

/** What the files hold, as `node:tls` takes it. */
export interface TlsContents {
  readonly ca?: string;
  readonly key?: string;
  readonly cert?: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/** The files of a TLS client. They are read again for each request, because they are renewed. */
export class TlsFiles {
  readonly #paths: TlsPaths;

  /**
   * Reads the files and checks them.
   *
   * @throws `AuditError` `invalid_options` naming the option or the variable.
   */
  constructor({ certificate, clientKey, clientCertificate }: TlsPaths) {
    this.#paths = {
      certificate: certificate && absolute(certificate),
      clientKey: clientKey && absolute(clientKey),
      clientCertificate: clientCertificate && absolute(clientCertificate),
    };
    if (certificate !== undefined) certificatesIn(certificate);
    if (clientKey !== undefined && clientCertificate === undefined)
      throw invalidOption(clientKey.field, "a client key needs a client certificate");
    if (clientCertificate !== undefined && clientKey === undefined)
      throw invalidOption(clientCertificate.field, "a client certificate needs a client key");
    if (clientKey === undefined || clientCertificate === undefined) return;
    const key = keyIn(clientKey);
    if (certificatesIn(clientCertificate)[0]?.checkPrivateKey(key) !== true)
      throw invalidOption(clientKey.field, "the key does not belong to the client's certificate");
  }

  /**
   * Reads the files as they are now. A connection that was made with other contents is not used
   * again: `node:https` keeps connections apart by these values.
   *
   * @throws an error that names the file.
   */
  async read(): Promise<TlsContents> {
    const { certificate, clientKey, clientCertificate } = this.#paths;
    const [ca, key, cert] = await Promise.all(
      [certificate, clientKey, clientCertificate].map((file) => file && contentsOf(file)),
    );
    return { ...(ca && { ca }), ...(key && { key }), ...(cert && { cert }) };
  }
}

/** The working directory may change. */
function absolute({ field, path }: PemFile): PemFile {
  return { field, path: resolve(path) };
}

async function contentsOf(file: PemFile): Promise<string> {
  try {
    return await readFile(file.path, "utf8");
  } catch (cause) {
    throw new Error(unreadable(file, cause), { cause });
  }
}

function textOf(file: PemFile): string {
  try {
    return readFileSync(file.path, "utf8");
  } catch (cause) {
    throw invalidOption(file.field, unreadable(file, cause));
  }
}

function unreadable({ path }: PemFile, cause: unknown): string {
  return `${keyFile(path)} cannot be read: ${(cause as NodeJS.ErrnoException).code}`;
}

function certificatesIn(file: PemFile): X509Certificate[] {
  const blocks = textOf(file).match(CERTIFICATE) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // the same as a file without a certificate
  }
  throw invalidOption(file.field, `${keyFile(file.path)} has no certificate in PEM`);
}

function keyIn(file: PemFile): KeyObject {
  const pem = textOf(file);
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalidOption(
      file.field,
      `${keyFile(file.path)} has no private key in PEM, or one with a passphrase`,
    );
  }
}
