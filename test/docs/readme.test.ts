import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const README = readFileSync(resolve(ROOT, "README.md"), "utf8");

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
    expect(masked(outputOf("dist/cli/bin.js", "demo"))).toBe(masked(block("See it work", "text")));
  });

  test("names every subpath that is built, and no other", () => {
    const { exports } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
    const subpaths = Object.keys(exports).filter(
      (path) => exports[path].types !== undefined && existsSync(resolve(ROOT, exports[path].types)),
    );
    const rows = [...section("What is in the package").matchAll(/^\| `(quorumlog[\w/]*)`/gm)];
    expect(rows.map((row) => row[1]).sort()).toEqual(
      subpaths.map((path) => path.replace(".", "quorumlog")).sort(),
    );
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
