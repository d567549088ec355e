import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DEFAULT_MINIMUM_RETENTION_DAYS, Journal } from "quorumlog/journal";
import { describe, expect, onTestFinished, test } from "vitest";
import { Backend } from "../fixtures/backend.js";
import { quorumlog } from "../fixtures/command-line.js";
import { LONG } from "../fixtures/long-runs.js";
import { programFolder } from "../fixtures/program-folder.js";

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENT = readFileSync(resolve(ROOT, "docs/journal.md"), "utf8");
const GUIDE = readFileSync(resolve(ROOT, "docs/guide.md"), "utf8");
const FLAGS = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];

/** The first `ts` block after a heading. */
function snippet(markdown: string, heading: string): string {
  const text = markdown.slice(markdown.indexOf(`${heading}\n`));
  return /^```ts\n(.*?)^```$/ms.exec(text)?.[1] ?? expect.fail(`no snippet under "${heading}"`);
}

describe("docs/journal.md", () => {
  test("names every table and column, and those of the view", () => {
    const path = resolve(programFolder(), "governance.db");
    Journal.open(path).close();
    const database = new DatabaseSync(path, { readOnly: true });
    onTestFinished(() => database.close());
    const columnsOf = (table: string): string[] =>
      database
        .prepare("SELECT name FROM pragma_table_info(?)")
        .all(table)
        .map(({ name }) => String(name));
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name));
    const schema = DOCUMENT.slice(DOCUMENT.indexOf("## Schema"));
    const row = (name: string): string =>
      schema.split("\n").find((line) => line.split("|")[1]?.includes(`\`${name}\``)) ??
      expect.fail(`no row for ${name}`);
    for (const table of tables)
      for (const column of columnsOf(table).filter((name) => name !== "only"))
        expect(row(table), table).toContain(`\`${column}\``);
    for (const column of columnsOf("audit")) row(column);
    const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).get()?.[name];
    expect(schema).toContain(`Version ${pragma("user_version")}, in \`PRAGMA user_version\``);
    expect(schema).toContain(`\`PRAGMA application_id\` is ${pragma("application_id")} `);
  });

  test("says how long entries are kept at the least", () => {
    expect(DOCUMENT).toContain(
      `\`minimumRetentionDays\` (default ${DEFAULT_MINIMUM_RETENTION_DAYS}:`,
    );
  });
});

test.runIf(LONG)(
  "the journal of docs/guide.md goes on when its program runs again, and then it is proven",
  async () => {
    const cwd = programFolder();
    writeFileSync(resolve(cwd, "program.ts"), snippet(GUIDE, "## Will it survive a crash?"));
    writeFileSync(resolve(cwd, "signing.ts"), snippet(GUIDE, "## Can I prove it?"));
    const run = (program: string): string => {
      const { stdout, stderr } = spawnSync(process.execPath, [...FLAGS, program], {
        cwd,
        encoding: "utf8",
      });
      return stdout + stderr;
    };
    expect([run("program.ts"), run("program.ts")]).toEqual(["0\n", "1\n"]);
    const [keygen = [], verify = []] = Array.from(
      GUIDE.matchAll(/^npx quorumlog (.+)$/gm),
      ([, words = ""]) => words.split(" "),
    );
    expect(await quorumlog(keygen, { cwd })).toMatchObject({ code: 0 });
    expect(run("signing.ts")).toBe("");
    const { code, stdout } = await quorumlog(verify, { cwd });
    expect({ code, verdict: stdout.split("\n")[0] }).toEqual({
      code: 0,
      verdict: /`(verified: .*)`/.exec(GUIDE)?.[1],
    });
  },
);

describe("a log with a journal, as docs/journal.md shows it,", () => {
  test("delivers after SIGKILL what was pending, and goes on with the sequence", async () => {
    await using backend = await Backend.start({ play: "hang" });
    const cwd = programFolder();
    const log = 'console.log(audit.logNodeRemoved({ did: "did:pqaid:eve" }).sequence);';
    const start = snippet(DOCUMENT, "# The journal");
    writeFileSync(resolve(cwd, "killed.ts"), `${start}${log}\nsetInterval(() => {}, 1000);\n`);
    writeFileSync(resolve(cwd, "next.ts"), `${start}${log}\nawait audit.shutdown();\n`);
    const env = { ...process.env, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: backend.url };

    const killed = spawn(process.execPath, [...FLAGS, "killed.ts"], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect(String((await once(killed.stdout, "data"))[0])).toBe("0\n");
    const exit = once(killed, "exit");
    killed.kill("SIGKILL");
    await exit;
    expect((await backend.state()).uids).toEqual([]);

    await backend.play({ play: "healthy" });
    const next = spawnSync(process.execPath, [...FLAGS, "next.ts"], { cwd, env, encoding: "utf8" });
    expect({ stdout: next.stdout, stderr: next.stderr, status: next.status }).toEqual({
      stdout: "1\n",
      stderr: "",
      status: 0,
    });
    const journal = Journal.open(resolve(cwd, "governance.db"), { readOnly: true });
    onTestFinished(() => journal.close());
    const ids = journal.entries({ order: "oldest" }).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect((await backend.state()).uids).toEqual(ids);
  });
});
