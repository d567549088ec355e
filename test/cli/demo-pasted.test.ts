import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { programOf, shellWord } from "../../src/cli/input/program.js";
import { temporaryFolder } from "../fixtures/journal.js";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "dist/cli/bin.js");
const NODE = dirname(process.execPath);

interface Started {
  readonly cwd: string;
  readonly path?: string;
}

/** Runs lines in a real shell, which ends at the first one that fails. */
async function shell(lines: string, { cwd, path = "" }: Started): Promise<string> {
  const env = {
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
  const [story = "", followUp = ""] = shown.split("\nGo on with, for example:\n");
  const asked = story.split("\n").flatMap((line) => line.match(/^\$ (.+)$/)?.[1] ?? []);
  expect(asked).toHaveLength(8);
  return { shown, asked, followUp };
}

async function expectToRun({ followUp }: Demo, started: Started): Promise<void> {
  const printed = await shell(followUp, started);
  expect(printed).toMatch(/^journal {5}.+governance\.db$/m);
  expect(printed).toContain("verified: 23 of 23 entries");
  expect(printed).toContain("Usage: quorumlog COMMAND");
}

chmodSync(BIN, 0o755); // as npm does when it installs the package

describe("the commands that the demo shows run when they are pasted", () => {
  test("in a clone, where the command is not on the PATH", async () => {
    const started = { cwd: ROOT };
    const path = join(temporaryFolder(), "governance.db");
    const shown = await demo(`node dist/cli/bin.js demo ${path}`, started);
    expect(shown.shown).toContain("\n$ node dist/cli/bin.js query $JOURNAL --order oldest\n");
    await expectToRun(shown, started);
    const answers = await shell(shown.asked.join("\n"), started);
    expect(answers).toContain("verified: 23 of 23 entries");
    expect(answers).toContain("did:pqaid:medical-ai-v2"); // of the short id that was asked for
  });

  test("with a path that a shell would take apart", async () => {
    const cwd = join(temporaryFolder(), "it's a $HOME; folder");
    mkdirSync(cwd);
    for (const path of ['"$PWD/governance.db"', "'my governance.db'"])
      await expectToRun(await demo(`node ${BIN} demo ${path}`, { cwd }), { cwd });
  });

  test("where the command is on the PATH", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "bin"));
    symlinkSync(BIN, join(cwd, "bin/quorumlog"));
    const started = { cwd, path: join(cwd, "bin") };
    const shown = await demo("quorumlog demo governance.db", started);
    expect(shown.followUp).toContain("\n  quorumlog stats $JOURNAL\n");
    await expectToRun(shown, started);
  });

  test("where it is installed for a project", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "node_modules/.bin"), { recursive: true });
    symlinkSync(ROOT, join(cwd, "node_modules/quorumlog"));
    symlinkSync("../quorumlog/dist/cli/bin.js", join(cwd, "node_modules/.bin/quorumlog"));
    const { followUp } = await demo("npx --offline quorumlog demo governance.db", { cwd });
    const [assignment, stats] = followUp.split("\n");
    expect(stats).toBe("  npx quorumlog stats $JOURNAL");
    const printed = await shell(`export npm_config_offline=true\n${assignment}\n${stats}`, { cwd });
    expect(printed).toMatch(/^entries {5}23$/m);
  });
});

describe("how a shell can run the command again", () => {
  const folder = temporaryFolder();
  test.each([
    ["/srv/clone/dist/cli/bin.js", {}, "node dist/cli/bin.js"],
    ["/srv/other/dist/cli/bin.js", {}, "node /srv/other/dist/cli/bin.js"],
    ["/srv/other one/bin.js", {}, "node '/srv/other one/bin.js'"],
    ["/srv/clone/dist/cli/bin.js", { INIT_CWD: "/srv/clone/dist" }, "node cli/bin.js"],
    ["/srv/clone/node_modules/.bin/quorumlog", { PATH: folder }, "npx quorumlog"],
    ["/srv/node_modules/quorumlog/dist/cli/bin.js", { PATH: folder }, "npx quorumlog"],
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
