import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A backend that the tests run. */
export interface Program {
  readonly name: "otelcol" | "loki" | "prometheus" | "promtool";
  readonly version: string;
  /** Its possible names on the PATH. */
  readonly commands: readonly string[];
  /** The module whose dependencies Go builds it with, a folder beside this file. */
  readonly module: "collector" | "loki" | "prometheus";
  readonly package: string;
  readonly flags: readonly string[];
}

export const OTELCOL: Program = {
  name: "otelcol",
  version: "0.155.0",
  commands: ["otelcol-contrib", "otelcol"],
  module: "collector",
  package: ".",
  flags: ["-ldflags=-s -w"],
};

export const LOKI: Program = {
  name: "loki",
  version: "3.7.6",
  commands: ["loki"],
  module: "loki",
  package: "github.com/grafana/loki/v3/cmd/loki",
  flags: ["-ldflags=-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=3.7.6"],
};

/** Its module has another number than the release: v0.313.2 is 3.13.2. */
const PROMETHEUS_BUILD = {
  version: "3.13.2",
  module: "prometheus",
  flags: [
    "-ldflags=-s -w -X github.com/prometheus/common/version.Version=3.13.2",
    // Service discovery in clouds, which takes most of the time and the size of the build.
    "-tags=remove_all_sd",
  ],
} as const;

export const PROMETHEUS: Program = {
  ...PROMETHEUS_BUILD,
  name: "prometheus",
  commands: ["prometheus"],
  package: "github.com/prometheus/prometheus/cmd/prometheus",
};

/** Checks configurations and rules of Prometheus, and runs unit tests of rules. */
export const PROMTOOL: Program = {
  ...PROMETHEUS_BUILD,
  name: "promtool",
  commands: ["promtool"],
  package: "github.com/prometheus/prometheus/cmd/promtool",
};

/**
 * The path of a program: what a variable such as `LOKI_BIN` says, or the one on the PATH, or the one
 * that {@link build} put into the cache.
 */
export function pathOf(program: Program): string | undefined {
  const given = process.env[variableOf(program)];
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`${variableOf(program)}: there is no ${given}`);
    return given;
  }
  const found = onPath(program.commands).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const cached = cachedPath(program);
  return isOfVersion(cached, program.version) ? cached : undefined;
}

/** Builds a missing program with Go. The cache is outside of the clone, so later runs find it. */
export function build(program: Program): void {
  const go = goPath();
  if (go === undefined || pathOf(program) !== undefined) return;
  console.warn(
    `building ${program.name} ${program.version} with ${go}: it takes some minutes, and once`,
  );
  mkdirSync(CACHE, { recursive: true });
  const path = cachedPath(program);
  const partial = `${path}.partial`;
  const args = ["-mod=mod", "-trimpath", ...program.flags, "-o", partial, program.package];
  const cwd = resolve(import.meta.dirname, program.module);
  const { status } = spawnSync(go, ["build", ...args], { cwd, stdio: "inherit" });
  if (status === 0 && isOfVersion(partial, program.version)) renameSync(partial, path);
  else rmSync(partial, { force: true });
}

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quorumlog-e2e");

function variableOf({ name }: Program): string {
  return `${name.toUpperCase()}_BIN`;
}

function cachedPath({ name, version }: Program): string {
  return join(CACHE, `${name}-${version}`);
}

function onPath(commands: readonly string[]): string[] {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  return places.flatMap((place) => commands.map((command) => join(place, command)));
}

function isOfVersion(path: string, version: string): boolean {
  if (!existsSync(path)) return false;
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return stdout.includes(version);
}

/** The path of Go, if it is installed. */
export function goPath(): string | undefined {
  return [...onPath(["go"]), "/usr/local/go/bin/go"].find((path) => existsSync(path));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const program of [OTELCOL, LOKI, PROMETHEUS, PROMTOOL]) {
    build(program);
    if (pathOf(program) === undefined)
      console.warn(
        `\n!!! SKIPPED, all that needs ${program.name}: put ${program.version} on the PATH, name it in ` +
          `${variableOf(program)}, or install Go to have it built\n`,
      );
  }
