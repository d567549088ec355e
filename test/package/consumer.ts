import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");

export interface Manifest {
  readonly name: string;
  readonly main: string;
  readonly types: string;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<
    Record<string, string | { readonly types: string; readonly default: string }>
  >;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** The manifest of this package. */
export const manifest: Manifest = readManifest(ROOT);

const npm = (cwd: string, ...args: string[]): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Packs what `npm publish` sends, of the built package. */
export function pack(folder: string): Packed {
  const [packed] = JSON.parse(
    npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", folder),
  );
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map((file: { readonly path: string }) => file.path),
  };
}

/** The packages and all their dependencies. */
function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(Object.keys(readManifest(join(MODULES, name)).dependencies ?? {}), found);
  }
  return found;
}

const REQUIRED = Object.keys(manifest.peerDependencies).filter(
  (name) => manifest.peerDependenciesMeta[name]?.optional !== true,
);

function emptyProject(folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  return folder;
}

/** Links packages of this repository into a project. */
function link(folder: string, names: readonly string[]): void {
  const modules = join(folder, "node_modules");
  for (const name of names) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(MODULES, name), join(modules, name), "dir");
  }
}

/**
 * A project with the tarball and its required peers. npm installs the peers from the copies in this
 * repository, without a network.
 */
export function installedConsumer(folder: string, tarball: string): string {
  const peers = [...closure(REQUIRED)].map((name) => join(MODULES, name));
  const flags = ["--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund"];
  npm(emptyProject(folder), "install", ...flags, tarball, ...peers);
  return folder;
}

/**
 * A project with what the tarball holds, and links to its required peers. It takes a tenth of the
 * time of {@link installedConsumer}.
 */
export function unpackedConsumer(folder: string, tarball: string): string {
  const home = join(emptyProject(folder), "node_modules", manifest.name);
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
  link(folder, REQUIRED);
  return folder;
}

/**
 * A project with the same package and every peer, the optional ones too. The peers are links to the
 * copies in this repository.
 */
export function linkedConsumer(folder: string, installed: string): string {
  const home = join(emptyProject(folder), "node_modules", manifest.name);
  cpSync(join(installed, "node_modules", manifest.name), home, { recursive: true });
  link(folder, [...Object.keys(manifest.peerDependencies), "@types/node"]);
  return folder;
}

/** Runs a program in the project and returns its output. */
export function run(consumer: string, file: string, source: string): string {
  writeFileSync(join(consumer, file), source);
  return execFileSync(process.execPath, [file], { cwd: consumer, encoding: "utf8" });
}

/**
 * Type-checks files in the project, and the declarations of its dependencies. Returns the errors of
 * the compiler.
 */
export function typeErrors(
  consumer: string,
  files: Readonly<Record<string, string>>,
  compilerOptions: Readonly<Record<string, unknown>>,
): string {
  for (const [file, source] of Object.entries(files)) writeFileSync(join(consumer, file), source);
  const options = {
    target: "es2023",
    strict: true,
    noEmit: true,
    types: ["node"],
    ...compilerOptions,
  };
  const project = { compilerOptions: options, files: Object.keys(files) };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(project));
  const tsc = join(MODULES, "typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "--pretty", "false"], {
    cwd: consumer,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stdout}${stderr}`;
}
