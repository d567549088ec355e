import { globSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const ARCHITECTURE = readFileSync(resolve(ROOT, "ARCHITECTURE.md"), "utf8");

/** What stands in backticks in the first cell of each table row. */
const named = new Set(
  [...ARCHITECTURE.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]),
  ),
);

describe("ARCHITECTURE.md", () => {
  test("has a row for each room of src, and none for another", () => {
    const rooms = readdirSync(resolve(ROOT, "src"), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `src/${entry.name}/` : `src/${entry.name}`,
    );
    expect([...named].filter((name) => name?.startsWith("src/")).sort()).toEqual(rooms.sort());
  });

  test("names files that exist", () => {
    const files = globSync("{src,scripts,test}/**/*.ts", { cwd: ROOT });
    const quoted = [...ARCHITECTURE.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = ""]) => name);
    expect(quoted.length).toBeGreaterThan(10);
    expect(quoted.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))).toEqual(
      [],
    );
  });

  test("gives a reason for each peer dependency", () => {
    const { peerDependencies } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
    for (const peer of Object.keys(peerDependencies)) expect(named).toContain(peer);
  });
});
