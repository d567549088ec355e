import { readFileSync } from "node:fs";
import { sha256, sha256Hex } from "../entry/sha256.js";

/** The script of a report, which every report of a release shares. */
export interface PageScript {
  /** ASCII, without anything that ends a `script` element. */
  readonly text: string;
  /** Its SHA-256, hexadecimal. */
  readonly sha256: string;
  /** The same as a source of a Content-Security-Policy, with its quotes. */
  readonly csp: string;
  /** The licences of the libraries in it. */
  readonly licences: string;
}

/** Reads the script that the build made. The path is the same from `src` and from `dist`. */
export function pageScript(): PageScript {
  const read = (name: string): string =>
    readFileSync(new URL(`../../dist/report/page/${name}`, import.meta.url), "utf8");
  const text = read("script.js");
  return {
    text,
    sha256: sha256Hex(text),
    csp: policySource(text),
    licences: read("licences.txt"),
  };
}

/** A text as a source of a Content-Security-Policy, with its quotes. */
export function policySource(text: string): string {
  return `'sha256-${Buffer.from(sha256(text)).toString("base64")}'`;
}
