import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { programOf, shellWord } from "../../src/cli/input/this-process.js";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { inLongRuns, LONG } from "../fixtures/long-runs.js";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "dist/quorumlog.cjs");
const NODE = dirname(process.execPath);
const { NODE_COMPILE_CACHE } = process.env;

interface Started {
  readonly cwd: string;
  readonly path?: string;
}

/** Runs lines in a real shell, which ends at the first one that fails. */
async function shell(lines: string, { cwd, path = "" }: Started): Promise<string> {
  const env = {
    NODE_COMPILE_CACHE,
    PATH: [path, NODE, process.env["PATH"]].filter((part) => part !== "").join(":"),
    HOME: cwd,
    NO_COLOR: "1",
  };
  const script = `set -eu\n${lines}`;
  return (await promisify(execFile)("bash", ["--norc", "-c", script], { cwd, env })).stdout;
}

interface Demo {
  readonly shown: string;
  /** The commands under the questions. */
  readonly asked: readonly string[];
  /** The lines at the end, as they stand. */
  readonly followUp: string;
}

/** What the demo prints when it is started by a command. */
async function demo(command: string, started: Started): Promise<Demo> {
  const shown = await shell(command, started);
  const [story = "", followUp = ""] = shown
    .replace(/\nOpen the report in a browser:\n.*\n$/, "")
    .split("\nGo on with, for example:\n");
  const asked = story.split("\n").flatMap((line) => line.match(/^\$ (.+)$/)?.[1] ?? []);
  expect(asked).toHaveLength(6);
  return { shown, asked, followUp };
}

/** What a real shell makes of lines: the words of each call of a program, which does not run. */
async function wordsOf(program: string, lines: string, cwd: string): Promise<string[][]> {
  const calls = await shell(`${program}() { printf '%s\\0' call "$@"; }\n${lines}`, { cwd });
  const words: string[][] = [];
  for (const word of calls.split("\0").slice(0, -1))
    if (word === "call") words.push([]);
    else words.at(-1)?.push(word);
  return words;
}

/** What calls of the command print, run in this process. */
async function printedBy(calls: readonly (readonly string[])[], cwd: string): Promise<string> {
  let printed = "";
  for (const argv of calls) {
    const { code, stdout, stderr } = await quorumlog(argv, { cwd });
    expect({ code, argv, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, argv, stderr: "" });
    printed += stdout;
  }
  return printed;
}

function expectFollowUp(printed: string): void {
  expect(printed).toMatch(/^journal {5}.+governance\.db$/m);
  expect(printed).toContain("verified: 28 of 28 entries");
  expect(printed).toContain("Usage: quorumlog COMMAND");
}

chmodSync(BIN, 0o755); // as npm does when it installs the package

describe("the commands that the demo shows run when they are pasted", () => {
  test("in a clone, where the command is not on the PATH", async () => {
    const started = { cwd: ROOT };
    const path = join(temporaryFolder(), "governance.db");
    const { shown, followUp, asked } = await demo(`node dist/quorumlog.cjs demo ${path}`, started);
    expect(shown).toContain("\n$ node dist/quorumlog.cjs query $JOURNAL --order oldest\n");
    const [assignment, stats] = followUp.split("\n");
    expect(await shell(`${assignment}\n${stats}`, started)).toMatch(/^entries {5}28$/m);

    const calls = async (lines: string): Promise<string[][]> => {
      const words = await wordsOf("node", lines, ROOT);
      expect(new Set(words.map(([script]) => script))).toEqual(new Set(["dist/quorumlog.cjs"]));
      return words.map(([_script, ...argv]) => argv);
    };
    expectFollowUp(await printedBy(await calls(followUp), ROOT));
    const answers = await printedBy(await calls(asked.join("\n")), ROOT);
    expect(answers).toContain("verified: 28 of 28 entries");
    expect(answers).toContain("did:pqaid:medical-ai-v2"); // of the short id that was asked for
  });

  test.each(["it's a $HOME; folder/governance.db", ...inLongRuns("my governance.db")])(
    "with the path %j, which a shell would take apart",
    async (path) => {
      const cwd = temporaryFolder();
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      const { stdout } = await quorumlog(["demo", path], { cwd });
      const [, followUp = ""] = stdout
        .replace(/\nOpen the report in a browser:\n.*\n$/, "")
        .split("\nGo on with, for example:\n");
      expectFollowUp(await printedBy(await wordsOf("quorumlog", followUp, cwd), cwd));
    },
  );

  test.runIf(LONG)("where the command is on the PATH", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "bin"));
    symlinkSync(BIN, join(cwd, "bin/quorumlog"));
    const started = { cwd, path: join(cwd, "bin") };
    const { followUp } = await demo("quorumlog demo governance.db", started);
    const [assignment, stats] = followUp.split("\n");
    expect(stats).toBe("  quorumlog stats $JOURNAL");
    expect(await shell(`${assignment}\n${stats}`, started)).toMatch(/^entries {5}28$/m);
  });

  test.runIf(LONG)("where it is installed for a project", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "node_modules/.bin"), { recursive: true });
    symlinkSync(ROOT, join(cwd, "node_modules/quorumlog"));
    symlinkSync("../quorumlog/dist/quorumlog.cjs", join(cwd, "node_modules/.bin/quorumlog"));
    const { followUp } = await demo("npx --offline quorumlog demo governance.db", { cwd });
    const [assignment, stats] = followUp.split("\n");
    expect(stats).toBe("  npx quorumlog stats $JOURNAL");
    const printed = await shell(`export npm_config_offline=true\n${assignment}\n${stats}`, { cwd });
    expect(printed).toMatch(/^entries {5}28$/m);
  });
});

describe("how a shell can run the command again", () => {
  const folder = temporaryFolder();
  test.each([
    ["/srv/clone/dist/quorumlog.cjs", {}, "node dist/quorumlog.cjs"],
    ["/srv/other/dist/quorumlog.cjs", {}, "node /srv/other/dist/quorumlog.cjs"],
    ["/srv/other one/bin.js", {}, "node '/srv/other one/bin.js'"],
    ["/srv/clone/dist/quorumlog.cjs", { INIT_CWD: "/srv/clone/dist" }, "node quorumlog.cjs"],
    ["/srv/clone/node_modules/.bin/quorumlog", { PATH: folder }, "npx quorumlog"],
    ["/srv/node_modules/quorumlog/dist/quorumlog.cjs", { PATH: folder }, "npx quorumlog"],
  ])("for %s and %j is %s", (script, env, program) => {
    expect(programOf({ script, env, cwd: "/srv/clone" })).toBe(program);
  });

  test.each([
    ["/a/b-c_d.db", "/a/b-c_d.db"],
    ["", "''"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["$(rm)", "'$(rm)'"],
  ])("%j is the word %s", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
