/**
 * Installs the packed package beside what people run, exactly as the documents tell, and uses it
 * there: npm run test:install, or npm run test:install -- vercel jest-30
 *
 * It needs the registry. Where the registry cannot be reached, it says so and is skipped.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MANAGERS, PROJECTS, type Project } from "./matrix.ts";
import {
  ADD,
  CommandFailed,
  command,
  newProject,
  npmInstall,
  npmResolve,
  PROGRAM,
  specs,
} from "./project.ts";
import { take } from "./steps.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const names = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "quorumlog-install-"));
const shared = join(folder, "shared");
mkdirSync(shared);
const counts = { passed: 0, failed: 0, skipped: 0 };

const unknown = names.filter((name) => !PROJECTS.some((project) => project.name === name));
if (unknown.length > 0) {
  console.error(`no project ${unknown.join(", ")}; there are`);
  console.error(PROJECTS.map(({ name }) => name).join(" "));
  process.exit(2);
}

const registry = await registryAddress();
if (registry === undefined) skipped("everything", "the registry cannot be reached");
else {
  const tarball = await packed();
  for (const project of PROJECTS)
    if (names.length === 0 || names.includes(project.name)) await tryOut(project, tarball);
}
if (counts.failed === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
else console.log(`\nThe projects are in ${folder}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function skipped(name: string, why: string): void {
  counts.skipped++;
  console.log(`\n!!! SKIPPED: ${name}: ${why}`);
}

/** The address that npm uses, for the other managers. Undefined if it does not answer. */
async function registryAddress(): Promise<string | undefined> {
  try {
    await command(ROOT, [
      "npm",
      "view",
      "--fetch-retries=0",
      "@opentelemetry/api@1.9.1",
      "version",
    ]);
    return (await command(ROOT, ["npm", "config", "get", "registry"])).trim();
  } catch {
    return undefined;
  }
}

/** Packs a fresh clone of the last commit. */
async function packed(): Promise<string> {
  const clone = join(folder, "clone");
  execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${ROOT}`, clone]);
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"), "dir");
  const json = await command(clone, ["npm", "pack", "--json", "--pack-destination", folder]);
  return join(folder, JSON.parse(json.slice(json.indexOf("[")))[0].filename);
}

async function tryOut(project: Project, tarball: string): Promise<void> {
  console.log(`\n=== ${project.name}`);
  const started = performance.now();
  const home = join(folder, project.name);
  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      console.log(`  ok  ${what}`);
    } catch (error) {
      failures.push(what);
      const text = error instanceof CommandFailed ? error.message : (error as Error).stack;
      console.log(`  FAILED  ${what}\n${text?.replaceAll(/^/gm, "    ")}`);
    }
  };
  const tool = project.manager ?? project.runtime;
  const program = tool && (await programOf(tool));
  if (tool !== undefined && program === undefined)
    return skipped(project.name, `${tool} does not install or start here`);
  newProject(home, project.line, Object.keys(project.app));
  await install(project, home, tarball, program, attempt);
  if (project.atOnce === true)
    await attempt("npm install, all at once", () =>
      npmResolve(`${home}-at-once`, [...specs(project.app), ...specs(project.adds), tarball]),
    );
  const start = startOf(project, program);
  if (failures.length === 0)
    for (const step of project.steps)
      await attempt(step, () => take(step, { project, folder: home, start, shared }));
  counts[failures.length === 0 ? "passed" : "failed"]++;
  console.log(`  ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Installs what the app has, then Quorumlog as the documents tell. */
async function install(
  { app, adds, manager }: Project,
  home: string,
  tarball: string,
  program: string | undefined,
  attempt: (what: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const told = specs(adds).concat("quorumlog").join(" ");
  if (manager === undefined) {
    if (Object.keys(app).length > 0)
      await attempt(`npm install ${specs(app).join(" ")}`, () => npmInstall(home, specs(app)));
    await attempt(`npm install ${told}`, () => npmInstall(home, [...specs(adds), tarball]));
    return;
  }
  const files = [...specs(app), ...specs(adds), `quorumlog@file:${tarball}`];
  await attempt(`${manager} add ${told}`, async () => {
    await command(home, [program ?? "", ...ADD[manager], ...files], environment());
  });
}

/** Points every manager to npm's registry, and keeps what it stores in our folder. */
function environment(): NodeJS.ProcessEnv {
  return {
    npm_config_registry: registry,
    NPM_CONFIG_REGISTRY: registry,
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: "*",
    YARN_ENABLE_TELEMETRY: "0",
    YARN_GLOBAL_FOLDER: join(shared, "yarn"),
    YARN_CACHE_FOLDER: join(shared, "yarn-cache"),
    BUN_CONFIG_REGISTRY: registry,
    BUN_INSTALL_CACHE_DIR: join(shared, "bun-cache"),
    DENO_DIR: join(shared, "deno"),
    PNPM_HOME: join(shared, "pnpm"),
    XDG_DATA_HOME: join(shared, "data"),
    XDG_CACHE_HOME: join(shared, "cache"),
  };
}

/** Installs a package manager or a runtime. Undefined if it does not start here. */
async function programOf(tool: keyof typeof MANAGERS): Promise<string | undefined> {
  const home = join(shared, tool);
  newProject(home, 3, Object.keys(MANAGERS[tool]));
  const program = join(home, "node_modules/.bin", PROGRAM[tool]);
  try {
    await npmInstall(home, specs(MANAGERS[tool]));
    await command(home, [program, "--version"]);
    return program;
  } catch (error) {
    console.log(String(error));
    return undefined;
  }
}

function startOf({ manager, runtime }: Project, program = ""): readonly string[] {
  if (runtime === "bun") return [program, "run"];
  if (runtime === "deno") return [program, "run", "--allow-all", "--no-lock"];
  // only Yarn knows where its packages are
  return manager === "yarn-4" ? [program, "node"] : [process.execPath];
}
