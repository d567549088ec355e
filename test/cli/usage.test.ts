import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Command } from "../../src/cli/input/command.js";
import { COMMANDS } from "../../src/cli/run.js";
import { SCOPE_VERSION } from "../../src/semconv.js";
import { quorumlog } from "../fixtures/command-line.js";
import { newPath } from "../fixtures/journal.js";
import { journalOf } from "../fixtures/journals.js";

describe("quorumlog", () => {
  test.each(["--help", "-h"])(
    "with %s names every command, with an example of each",
    async (flag) => {
      const { code, stdout, stderr } = await quorumlog([flag]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      for (const name of COMMANDS.keys()) expect(stdout).toContain(`\n  quorumlog ${name}`);
    },
  );

  test.each([...COMMANDS.keys()])("%s --help shows its flags and examples", async (name) => {
    const { code, stdout } = await quorumlog([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: quorumlog ${name}`);
    expect(stdout).toMatch(/\n {2}# .+\n {2}quorumlog /);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test.each([["--version"], ["-v"], ["version"], ["query", "-v"], ["stats", "--version"]])(
    "%s %s says the version of the package",
    async (...argv) => {
      expect(await quorumlog(argv)).toMatchObject({ code: 0, stdout: `${SCOPE_VERSION}\n` });
    },
  );

  test("help is the help, and help COMMAND that of a command", async () => {
    const [overall, query] = [await quorumlog(["--help"]), await quorumlog(["query", "--help"])];
    expect(await quorumlog(["help"])).toEqual(overall);
    for (const argv of [
      ["help", "query"],
      ["--help", "query"],
      ["-h", "query"],
      ["query", "-h"],
    ])
      expect(await quorumlog(argv)).toEqual(query);
  });

  test.each([...COMMANDS.keys()])(
    "%s counts each value of a flag that can be repeated, and refuses any other twice",
    async (name) => {
      const command = (await COMMANDS.get(name)?.()) as Command;
      for (const [flag, { type, multiple }] of Object.entries(command.flags)) {
        if (type === "boolean" || multiple) continue;
        const argv = [name, "a", `--${flag}`, "1", `--${flag}`, "2"];
        expect(await quorumlog(argv)).toMatchObject({
          code: 2,
          stderr: `quorumlog: --${flag} was given twice; see quorumlog ${name} --help\n`,
        });
      }
    },
  );

  test("without a command shows the help as a message", async () => {
    const { code, stdout, stderr } = await quorumlog([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: quorumlog COMMAND");
  });

  test.each([
    [["qurey"], 'no command "qurey"; did you mean query? See quorumlog --help'],
    [["help", "exprot"], 'no command "exprot"; did you mean export? See quorumlog --help'],
    [["frobnicate"], 'no command "frobnicate"; see quorumlog --help'],
    [["--json", "query"], "a command comes before --json; see quorumlog --help"],
    [["query"], "SOURCE is missing; see quorumlog query --help"],
    [["query", "a", "b"], '"b" is one operand too many; see quorumlog query --help'],
    [
      ["query", "a", "--actors", "b"],
      "Unknown option '--actors'; did you mean --actor? See quorumlog query --help",
    ],
    [["query", "a", "--frobnicate"], "Unknown option '--frobnicate'; see quorumlog query --help"],
    [
      ["query", "a", "--log", "b", "--log", "b"],
      "--log was given twice; see quorumlog query --help",
    ],
    [
      ["query", "a", "-n", "1", "--limit", "2"],
      "--limit was given twice; see quorumlog query --help",
    ],
    [
      ["query", "a", "--actor"],
      "Option '--actor <value>' argument missing; see quorumlog query --help",
    ],
    [
      ["query", "a", "--all", "-n", "3"],
      "--all and --limit exclude each other; see quorumlog query --help",
    ],
    [
      ["query", "a", "--limit", "-3"],
      "Option '--limit' argument is ambiguous. Did you forget to specify the option argument for '--limit'? " +
        "To specify an option argument starting with a dash use '--limit=-XYZ'; see quorumlog query --help",
    ],
    [
      ["query", "a", "--limit", "3.5"],
      '--limit "3.5" is not a whole number from 0 up; see quorumlog query --help',
    ],
    [
      ["query", "a", "--order", "up"],
      '--order "up" is neither newest nor oldest; see quorumlog query --help',
    ],
    [["export", "a"], "--format is missing: json, ndjson, csv; see quorumlog export --help"],
    [
      ["export", "a", "--format", "xml"],
      '--format "xml" is none of json, ndjson, csv; see quorumlog export --help',
    ],
    [["resend", "a"], "--mirror is missing; see quorumlog resend --help"],
    [["q\u001b[31m"], 'no command "q\\u001b[31m"; see quorumlog --help'],
  ])("refuses %j with exit code 2", async (argv, message) => {
    const { code, stdout, stderr } = await quorumlog(argv);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: `quorumlog: ${message}\n`,
    });
  });

  test.each(["query", "tail", "stats", "rejected", "checkpoint"])(
    "%s ends with 3 for what is no journal",
    async (name) => {
      const path = newPath();
      expect(await quorumlog([name, path])).toMatchObject({ code: 3, stdout: "" });
      writeFileSync(path, "no journal");
      const { code, stderr } = await quorumlog([name, path]);
      expect({ code, stderr }).toEqual({
        code: 3,
        stderr: expect.stringContaining("is damaged, or is not a journal"),
      });
    },
  );

  test("ends quietly with 0 when nobody reads its results any more", async () => {
    const path = journalOf([{}]);
    const onOutput = (): void => {
      throw Object.assign(new Error("write EPIPE"), { code: "EPIPE", syscall: "write" });
    };
    for (const argv of [
      ["query", path],
      ["stats", path],
      ["tail", path, "-f"],
      ["export", path, "--format", "csv"],
      ["--help"],
    ])
      expect(await quorumlog(argv, { onOutput })).toMatchObject({ code: 0, stderr: "" });
  });

  test("reports a mistake of its own with the stack, and exit code 70", async () => {
    const onOutput = (): void => {
      throw new TypeError("no \u001b function");
    };
    const { code, stderr } = await quorumlog(["--version"], { onOutput });
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /^quorumlog: this is a mistake of quorumlog, please report it\nTypeError: no \\u001b function\n {4}at /,
    );
  });
});
