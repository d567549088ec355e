const NAME_LINE = /^Key-Name: (\S+)$/m;
const BEGIN = "-----BEGIN ";

/**
 * A private key with its name, as one text: what stands before the key in PEM is explanatory (RFC 7468 section 2), and
 * every program that reads PEM passes over it.
 */
export function formatKeyFile(name: string, privateKeyPem: string): string {
  return `Key-Name: ${name}\n${privateKeyPem}`;
}

/** The name in a text of {@link formatKeyFile}; undefined where the key stands alone. */
export function nameInKeyFile(text: string): string | undefined {
  return NAME_LINE.exec(text.slice(0, Math.max(0, text.indexOf(BEGIN))))?.[1];
}
