import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { MANAGERS, PROJECTS } from "../install/matrix.js";

const DOCUMENT = resolve(import.meta.dirname, "../../docs/compatibility.md");

test("docs/compatibility.md names every release that test:install installs", () => {
  const text = readFileSync(DOCUMENT, "utf8");
  const rows = text.slice(text.indexOf("## Tested beside")).match(/^\| [a-z].*\|$/gm);
  const tested = PROJECTS.map(({ name, app, manager, runtime }) => {
    const tool = manager ?? runtime;
    const packages = Object.entries({ ...(tool && MANAGERS[tool]), ...app });
    const releases = packages.map(([name, release]) => `\`${name}\` ${release}`);
    return `| ${name} | ${releases.join(", ")} |`;
  });
  expect(rows).toEqual(["| app | has |", ...tested]);
});
