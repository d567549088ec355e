import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { assertSupportedNode } from "../../src/options.js";
import { inLongRuns } from "../fixtures/long-runs.js";
import { manifest } from "./consumer.js";

const DIST = resolve(import.meta.dirname, "../../dist");
const moduleUrl = (file: string): string => pathToFileURL(resolve(DIST, file)).href;

/** How to start a Node that is too old: one of the system, else this one under another version. */
function oldNode(): readonly string[] {
  for (const program of ["/usr/bin/node", "/usr/local/bin/node"]) {
    if (!existsSync(program)) continue;
    const version = execFileSync(program, ["--version"], { encoding: "utf8" });
    if (/^v(?:20|21)\./.test(version)) return [program];
  }
  const disguise =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.0' } })";
  return [process.execPath, "--import", `data:text/javascript,${encodeURIComponent(disguise)}`];
}

const [PROGRAM = "", ...FLAGS] = oldNode();
const runOld = (...argv: string[]) =>
  spawnSync(PROGRAM, [...FLAGS, ...argv], { encoding: "utf8", timeout: 60_000 });
const SENTENCE = /Quorumlog needs Node 22\.15 or newer; this is Node 20\.\d+\.\d+$/;

describe("a Node that is too old", () => {
  test("is told by its version, which package.json asks for too", () => {
    expect(manifest.engines.node).toBe(">=22.15.0");
    for (const version of ["18.20.8", "20.20.2", "21.7.3", "22.0.0", "22.14.0"])
      expect(() => assertSupportedNode(version), version).toThrow(
        `Quorumlog needs Node 22.15 or newer; this is Node ${version}`,
      );
    for (const version of ["22.15.0", "22.15.1", "22.20.0", "23.0.0", "24.21.0", "26.0.0"])
      expect(() => assertSupportedNode(version), version).not.toThrow();
  });

  test("is refused by everything that makes something, at once", () => {
    const calls = [
      ["index.js", "new all.GovernanceAuditLog()"],
      ["index.js", "new all.AuditLogProcessor({ journal: '/no/such/folder/a.db' })"],
      ["journal/index.js", "all.Journal.open('/no/such/folder/a.db')"],
      ["journal/index.js", "all.Journal.open('/no/such/folder/a.db', { readOnly: true })"],
      ["delivery/index.js", "new all.ReliableLogRecordProcessor({})"],
      ["otlp/index.js", "all.otlpMirror()"],
      ["loki/index.js", "new all.LokiAuditReader({})"],
    ] as const;
    const source = calls.map(
      ([file, call]) => `{
        const all = await import(${JSON.stringify(moduleUrl(file))});
        try { ${call}; console.log("made"); }
        catch ({ name, code, message }) { console.log(name, code, message); }
      }`,
    );
    const { stdout, stderr } = runOld("--input-type=module", "-e", source.join("\n"));
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(calls.length);
    for (const [at, line] of lines.entries()) {
      expect(line, calls[at]?.[1]).toMatch(SENTENCE);
      expect(line, calls[at]?.[1]).toMatch(/^AuditError invalid_options /);
    }
  });

  test.each([["demo"], ...inLongRuns(["query", "x.db"], ["verify", "x.db"], ["keygen"])])(
    "is refused in one line by the command %s",
    (...argv) => {
      const { status, stdout, stderr } = runOld(resolve(DIST, "quorumlog.cjs"), ...argv);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^quorumlog: [^\n]+\n$/);
      expect(stderr.trimEnd()).toMatch(SENTENCE);
    },
  );
});
