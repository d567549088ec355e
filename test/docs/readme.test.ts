import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const README = readFileSync(resolve(ROOT, "README.md"), "utf8");

const MANIFEST = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));

describe("README.md", () => {
  test("shows a quick start of at most ten lines, with what it really prints", () => {
    const code = block("Quick start", "ts");
    expect(code.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(10);
    const folder = resolve(ROOT, "temp/readme");
    mkdirSync(folder, { recursive: true });
    writeFileSync(resolve(folder, "quick-start.ts"), code);
    expect(masked(outputOf("temp/readme/quick-start.ts"))).toBe(
      masked(block("Quick start", "text")),
    );
  });

  test("shows what the demo really prints; after a wanted change, paste it", () => {
    const output = masked(outputOf("dist/quorumlog.cjs", "demo"));
    let from = 0;
    const parts = masked(block("See it work", "text")).split(/\n…(?:\n|$)/); // "…" leaves some out
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      const at = output.indexOf(part, from);
      expect(output.slice(at === -1 ? from : at)).toContain(part);
      from = at + part.length;
    }
  });

  test("is read in this order", () => {
    const headings = [...README.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      "The problem",
      "Install",
      "Quick start",
      "Why not pino, winston, or OpenTelemetry alone?",
      "What it guarantees",
      "Status",
      "See it work",
      "Read on",
    ]);
    expect(README.slice(0, README.indexOf("## The problem")).length).toBeLessThan(500);
  });

  test("says how to install it with four package managers, and what yarn has to add", () => {
    const install = section("Install").replaceAll(/ \\\n\s+/g, " ");
    for (const manager of ["npm install", "pnpm add", "bun add", "yarn add"])
      expect(install).toContain(`${manager} quorumlog`);
    const required = Object.keys(MANIFEST.peerDependencies).filter(
      (peer) => MANIFEST.peerDependenciesMeta[peer]?.optional !== true,
    );
    expect(/^yarn add (.+)$/m.exec(install)?.[1]?.split(" ")).toEqual(["quorumlog", ...required]);
  });

  test("states the version, the Node and the OpenTelemetry lines of package.json", () => {
    const rows = new Map(
      [...section("Status").matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(([, what, text]) => [
        what,
        text,
      ]),
    );
    const { version, engines, peerDependencies } = MANIFEST;
    expect(rows.get("Version")).toContain(version);
    const [, oldest] = /^>=(\d+\.\d+)\.0$/.exec(engines.node) ?? [];
    expect(rows.get("Node.js")).toMatch(new RegExp(`^${oldest} and newer`));
    const [, sdkLogs] = /^>=(\d+\.\d+)/.exec(peerDependencies["@opentelemetry/sdk-logs"]) ?? [];
    expect(rows.get("OpenTelemetry")).toContain(`\`sdk-logs\` ${sdkLogs}`);
    const [, vitest] = /^>=(\d+)/.exec(peerDependencies.vitest) ?? [];
    expect(rows.get("Test runners")).toContain(`vitest ${vitest}`);
  });

  test("leads to every document, and the list of recipes to every recipe", () => {
    for (const [list, folder] of [
      ["README.md", "docs"],
      ["docs/recipes/README.md", "docs/recipes"],
    ] as const) {
      const text = readFileSync(resolve(ROOT, list), "utf8");
      const linked = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = ""]) =>
        resolve(ROOT, dirname(list), link),
      );
      const documents = globSync(`${folder}/*.md`, { cwd: ROOT }).filter((path) => path !== list);
      expect(documents.length).toBeGreaterThan(4);
      for (const document of documents) expect(linked).toContain(resolve(ROOT, document));
    }
  });
});

function section(heading: string): string {
  const text = README.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (text === undefined) throw new Error(`README.md has no section "${heading}"`);
  return text;
}

function block(heading: string, language: string): string {
  const text = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(section(heading))?.[1];
  if (text === undefined) throw new Error(`README.md, "${heading}" has no ${language} block`);
  return text;
}

function outputOf(program: string, ...args: readonly string[]): string {
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  const folder = resolve(ROOT, "temp/readme");
  mkdirSync(folder, { recursive: true });
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, program, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", TMPDIR: folder },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

/** Without what differs from run to run, and without the empty lines at the end. */
function masked(output: string): string {
  return output
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, "<uuid>")
    .replaceAll(/(?<=^\W*)JOURNAL=.+$/gm, "JOURNAL=<path>")
    .replaceAll(/[\da-f]{64}/g, "<root>")
    .replaceAll(/\+[\da-f]{8}(?=:)/g, "+<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .trimEnd();
}
