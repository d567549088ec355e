import { existsSync, fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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

/** The mode of access in the flags of a descriptor (Linux, open(2)); 0 reads alone. */
const ACCESS = 3;

/**
 * Watches the process that reads a pipe to which we write. Node hears at the next write that it has
 * gone, and a command that waits for entries may not write for hours. Linux shows in `/proc` who
 * has the pipe open. Elsewhere, and for a reader that we may not see, it is as if nobody ever left.
 */
export class PipeReader {
  /** What links to the pipe say, such as `pipe:[4711]`. Undefined for what is no pipe. */
  readonly #pipe: string | undefined;
  /** The links of the processes that read it. */
  #links: readonly string[] = [];

  /**
   * Looks who reads. A reader that ends before is never seen.
   *
   * @param fd - The descriptor that we write to.
   */
  constructor(fd: number) {
    try {
      this.#pipe = fstatSync(fd).isFIFO() ? readlinkSync(`/proc/self/fd/${fd}`) : undefined;
    } catch {
      return; // another system
    }
    this.#links = this.#find();
  }

  /** Whether a reader was seen, and none is left. */
  get hasLeft(): boolean {
    if (this.#links.length === 0 || this.#links.some((link) => this.#mayRead(link))) return false;
    this.#links = this.#find(); // it may have handed the pipe on
    return this.#links.length === 0;
  }

  /** False only if the process has gone, or has closed the pipe. */
  #mayRead(link: string): boolean {
    try {
      return readlinkSync(link) === this.#pipe;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "ENOENT";
    }
  }

  #find(): string[] {
    if (this.#pipe === undefined) return [];
    return namesIn("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => namesIn(`/proc/${pid}/fd`).map((fd) => [pid, fd] as const))
      .filter(([pid, fd]) => {
        try {
          return (
            readlinkSync(`/proc/${pid}/fd/${fd}`) === this.#pipe &&
            isReading(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))
          );
        } catch {
          return false; // it was closed meanwhile, or is of another user
        }
      })
      .map(([pid, fd]) => `/proc/${pid}/fd/${fd}`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // it went meanwhile, or is of another user
  }
}

function isReading(fdinfo: string): boolean {
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(fdinfo)?.[1] ?? "1", 8);
  return (flags & ACCESS) === 0;
}
