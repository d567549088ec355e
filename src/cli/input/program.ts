import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join, relative, resolve } from "node:path";

/** How a process was started. */
export interface Started {
  /** The script that Node was given: `process.argv[1]`. */
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const NAME = "quorumlog";
/** A link to the command, or the script in an installed package, which some shims start. */
const INSTALLED = /[/\\](?:quorumlog|node_modules[/\\]quorumlog[/\\].+)$/;

/**
 * How a shell in the same folder can run the command again: `quorumlog` if it is on the PATH, `npx
 * quorumlog` if it is installed for the project, else `node` and the script, as in a clone.
 */
export function programOf({ script, cwd, env }: Started): string {
  if (INSTALLED.test(script)) return isOnPath(cwd, env) ? NAME : `npx ${NAME}`;
  // npm runs a script in the folder of the package, wherever the user's shell is
  const path = relative(env["INIT_CWD"] ?? cwd, resolve(cwd, script));
  return `node ${shellWord(path.startsWith("..") || isAbsolute(path) ? script : path)}`;
}

/**
 * A text as one word of a shell command: as it is, or in single quotes (POSIX Shell Command
 * Language, section 2.2.2).
 */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A package manager that runs a command has its own PATH, which the user's shell does not have. */
function isOnPath(cwd: string, env: Started["env"]): boolean {
  if (env["npm_execpath"] !== undefined || env["npm_config_user_agent"] !== undefined) return false;
  return (env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(resolve(cwd, folder), NAME)));
}
