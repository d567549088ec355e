import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, resolve } from "node:path";
import { type Project, type Step, TYPESCRIPT_5 } from "./matrix.ts";
import { CommandFailed, command, npmInstall, specs } from "./project.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A project that is installed. */
export interface Installed {
  readonly project: Project;
  readonly folder: string;
  /** Starts a program of the project: Node, or another runtime. */
  readonly start: readonly string[];
  /** A folder for what several projects share. */
  readonly shared: string;
}

/** Takes one step in a project. Throws if it fails. */
export async function take(step: Step, installed: Installed): Promise<void> {
  const { folder, start } = installed;
  switch (step) {
    case "load the app's packages":
      return load(installed);
    case "types":
      return checkTypes(installed);
    case "types by node10":
      return checkTypesByNode10(installed);
    case "vitest":
      return runVitest(folder);
    case "jest":
      return runJest(folder);
    case "next build":
      return buildNext(folder);
    default: {
      const output = await command(folder, [...start, `${step}.mts`]);
      if (!output.trimEnd().endsWith("ok")) throw new CommandFailed(output);
    }
  }
}

async function load({ project, folder }: Installed): Promise<void> {
  const loads = Object.keys(project.app).map((name) => `await import(${JSON.stringify(name)});`);
  const source = `import "quorumlog";\n${loads.join("\n")}\nprocess.exit();\n`;
  writeFileSync(join(folder, "load.mjs"), source);
  await command(folder, [process.execPath, "load.mjs"]);
}

const STRICT = { strict: true, noEmit: true, skipLibCheck: false, types: ["node"] };

async function compile(
  folder: string,
  typescript: string,
  options: Readonly<Record<string, unknown>>,
  files: readonly string[],
): Promise<void> {
  const config = join(folder, "tsconfig.check.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
  const tsc = join(typescript, "node_modules/typescript/bin/tsc");
  await command(folder, [process.execPath, tsc, "--pretty", "false", "-p", config]);
}

/** Type-checks the programs that run, and the declarations of all that they import. */
async function checkTypes({ project, folder }: Installed): Promise<void> {
  const programs = project.steps
    .map((step) => `${step}.mts`)
    .filter((file) => readdirSync(folder).includes(file));
  const esm = { target: "es2023", allowImportingTsExtensions: true };
  cpSync(join(folder, "types.ts"), join(folder, "types-commonjs.cts"));
  const nodenext = [...programs, "types.ts", "types-commonjs.cts"];
  await compile(folder, ROOT, { ...esm, module: "nodenext" }, nodenext);
  const bundler = { ...esm, module: "preserve", moduleResolution: "bundler" };
  await compile(folder, ROOT, bundler, [...programs, "types.ts"]);
}

async function checkTypesByNode10({ folder, shared }: Installed): Promise<void> {
  const typescript = join(shared, "typescript-5");
  mkdirSync(typescript, { recursive: true });
  writeFileSync(join(typescript, "package.json"), '{ "private": true }');
  await npmInstall(typescript, specs(TYPESCRIPT_5));
  const options = { target: "es2022", module: "commonjs", moduleResolution: "node10" };
  await compile(folder, typescript, options, ["types.ts"]);
}

async function runVitest(folder: string): Promise<void> {
  writeFileSync(join(folder, "runner.mts"), 'export { expect, test } from "vitest";\n');
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  await command(folder, [process.execPath, vitest, "run", "matchers.test.mts"]);
}

/** Jest does not know TypeScript, so its tests get the programs without their types. */
async function runJest(folder: string): Promise<void> {
  writeFileSync(join(folder, "runner.mts"), 'export { expect, test } from "@jest/globals";\n');
  for (const name of ["runner", "votes", "matchers.test"]) {
    const source = stripTypeScriptTypes(readFileSync(join(folder, `${name}.mts`), "utf8"));
    writeFileSync(join(folder, `${name}.mjs`), source.replaceAll(".mts", ".mjs"));
  }
  const jest = ["node_modules/jest/bin/jest.js", "--testMatch", "**/matchers.test.mjs"];
  const flags = [
    "--config",
    JSON.stringify({ transform: {}, moduleFileExtensions: ["mjs", "js"] }),
  ];
  await command(folder, [process.execPath, "--experimental-vm-modules", ...jest, ...flags]);
}

/** A block of code that follows the name of its file. */
const NAMED_BLOCK = /`([^`\n]+)`:\n\n```ts\n(.*?)```/gs;

const NEXT_PAGES = {
  "app/layout.tsx": `export default function Layout({ children }: { children: React.ReactNode }) {
    return <html><body>{children}</body></html>;
  }`,
  "app/page.tsx": "export default function Page() { return <p>votes</p>; }",
  // the programs of the other steps are not part of the app
  "tsconfig.json": JSON.stringify({
    compilerOptions: { paths: { "@/*": ["./*"] } },
    exclude: ["*.mts", "types.ts", "node_modules"],
  }),
};

/**
 * Builds the Next.js app of the recipe, as the recipe has it. A warning about the Edge runtime is a
 * failure: the library needs Node, and must not be in what the Edge runtime gets.
 */
async function buildNext(folder: string): Promise<void> {
  const recipe = readFileSync(join(ROOT, "docs/recipes/web-apps.md"), "utf8");
  const section = recipe.slice(recipe.indexOf("\n## Next.js"));
  const files: Record<string, string> = { ...NEXT_PAGES };
  for (const [, file = "", source = ""] of section.matchAll(NAMED_BLOCK)) files[file] = source;
  const wanted = ["lib/audit.ts", "lib/close-audit.ts", "app/votes/route.ts", "next.config.ts"];
  for (const file of [...wanted, "instrumentation.ts"])
    if (files[file] === undefined) throw new CommandFailed(`the recipe has no ${file}`);
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
  const next = [process.execPath, "node_modules/next/dist/bin/next", "build"];
  const output = await command(folder, next, { NEXT_TELEMETRY_DISABLED: "1" });
  if (/edge|warn/i.test(output)) throw new CommandFailed(`next build warns:\n${output}`);
}
