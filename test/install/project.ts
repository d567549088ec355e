import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { MANAGERS, Packages } from "./matrix.ts";

const PROGRAMS = resolve(import.meta.dirname, "programs");
const STEP_TIMEOUT_MILLIS = 300_000;

/** A command that did not end with 0, and what it printed. */
export class CommandFailed extends Error {}

/** Runs a command in a folder, and returns what it printed. */
export async function command(
  folder: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, {
    cwd: folder,
    // what npm sets for its own scripts would tell the tools of the project wrong things
    env: { ...ownEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: STEP_TIMEOUT_MILLIS,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const [code, signal] = await once(child, "close");
  if (code !== 0)
    throw new CommandFailed(`${argv.join(" ")}: exit ${code ?? signal}\n${output.trim()}`);
  return output;
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_registry)|INIT_CWD$|NODE_OPTIONS$|OTEL_|CI$)/.test(name),
  );
  return Object.fromEntries(ours);
}

/** The names of packages with their releases, as package managers take them. */
export const specs = (packages: Packages = {}): string[] =>
  Object.entries(packages).map(([name, release]) => `${name}@${release}`);

/** Makes an empty project with all programs in it. */
export function newProject(folder: string, line: 2 | 3, allowScripts: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const manifest = {
    private: true,
    type: "module",
    allowScripts: Object.fromEntries(allowScripts.map((name) => [name, true])),
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  for (const name of readdirSync(PROGRAMS)) cpSync(join(PROGRAMS, name), join(folder, name));
  const logsApi = line === 2 ? "@opentelemetry/api-logs" : "@opentelemetry/api";
  writeFileSync(join(folder, "logs-api.mts"), `export { logs } from "${logsApi}";\n`);
}

const NPM = ["npm", "install", "--no-audit", "--no-fund", "--save-exact"];

/** Lets npm install packages, without `--force` and without `--legacy-peer-deps`. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  if (packages.length > 0) await command(folder, [...NPM, ...packages]);
}

/** Lets npm find a tree for all packages at once, without downloading it. */
export async function npmResolve(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  await command(folder, [...NPM, "--package-lock-only", ...packages]);
}

type Manager = keyof typeof MANAGERS;

/** How each manager adds packages to a project. */
export const ADD: Readonly<Record<Manager, readonly string[]>> = {
  "yarn-1": ["add", "--silent"],
  "yarn-4": ["add"],
  pnpm: ["add"],
  bun: ["add"],
  deno: ["add"],
};

/** What npm calls the program of each manager. */
export const PROGRAM: Readonly<Record<Manager, string>> = {
  "yarn-1": "yarn",
  "yarn-4": "yarn",
  pnpm: "pnpm",
  bun: "bun",
  deno: "deno",
};
