import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { MANAGERS, PROJECTS } from "../install/matrix.js";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(resolve(ROOT, path), "utf8");

test("docs/compatibility.md names every release that test:install installs", () => {
  const text = read("docs/compatibility.md");
  const rows = text.slice(text.indexOf("## Tested beside")).match(/^\| \w.*\|$/gm);
  const tested = PROJECTS.map(({ name, about, app, manager, runtime }) => {
    const tool = manager ?? runtime;
    const packages = Object.entries({ ...(tool && MANAGERS[tool]), ...app });
    const releases = packages.map(([name, release]) => `\`${name}\` ${release}`);
    return `| ${about} | \`${name}\` | ${releases.join(", ")} |`;
  });
  expect(rows).toEqual(["| app | run | has |", ...tested]);
});

test("the types of every subpath are checked beside what people run", () => {
  const { exports } = JSON.parse(read("package.json"));
  const subpaths = Object.keys(exports).filter((path) => !path.endsWith(".json"));
  const imports = read("test/install/programs/types.ts").matchAll(/from "quorumlog(.*?)"/g);
  expect(Array.from(imports, ([, path]) => `.${path}`).sort()).toEqual(subpaths.sort());
});
