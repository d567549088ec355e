/** The queries of docs/grafana-loki.md. `test/e2e` runs each against a real Loki. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const DOCUMENT = resolve(import.meta.dirname, "../docs/grafana-loki.md");

/** Every `logql` block, in order. Queries for numbers may contain `$__auto`. */
export function documentQueries(): string[] {
  const text = readFileSync(DOCUMENT, "utf8");
  return [...text.matchAll(/^```logql\n(.*?)\n```$/gms)].map(([, query = ""]) => query);
}
