import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT: string = resolve(import.meta.dirname, "../..");

const [, ...FLAGS] = (
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts.ts as string
).split(" ");
const { PATH, NODE_COMPILE_CACHE } = process.env;
/** Only a program that hangs takes this long. */
const TIMEOUT_MILLIS = 120_000;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of `examples/` as `npm run ts` does, without the variables of our environment. */
export function runExample(file: string, args: readonly string[] = []): Promise<Outcome> {
  return runProgram(join("examples", file), args);
}

function runProgram(file: string, args: readonly string[]): Promise<Outcome> {
  const { promise, resolve: done } = Promise.withResolvers<Outcome>();
  const argv = [...FLAGS, file, ...args];
  const options = { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE }, timeout: TIMEOUT_MILLIS };
  const child = execFile(process.execPath, argv, options, (_error, stdout, stderr) => {
    done({ status: child.exitCode, stdout, stderr });
  });
  return promise;
}

/** The output of a program that must succeed and write nothing to stderr. */
export async function outputOf(file: string, args: readonly string[] = []): Promise<string> {
  return succeeded(file, await runExample(file, args));
}

/** The output of each of several examples, which run one after the other in one process. */
export async function outputsOf(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const program = join("test/examples", "run-together.ts");
  const output = succeeded(program, await runProgram(program, files));
  const [, ...parts] = output.split("\f");
  return new Map(
    parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]),
  );
}

function succeeded(file: string, { status, stdout, stderr }: Outcome): string {
  if (status !== 0 || stderr !== "")
    throw new Error(`${file} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}
