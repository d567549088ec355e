import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/run.js";
import { quorumlog } from "../fixtures/command-line.js";
import { append, openJournal, spooled, temporaryFolder } from "../fixtures/journal.js";

const DOCUMENT = readFileSync(resolve(import.meta.dirname, "../../docs/cli.md"), "utf8");

describe("docs/cli.md", () => {
  test("shows what its commands really print; after a wanted change, paste it", async () => {
    const cwd = temporaryFolder();
    addRejections(resolve(cwd, "votes.db"));
    const shown = [...DOCUMENT.matchAll(/^```console\n(.*?)^```$/gms)].map(
      ([, block = ""]) => block,
    );
    const real: string[] = [];
    for (const block of shown) {
      let printed = "";
      for (const [, line = ""] of block.matchAll(/^\$ quorumlog (.*)$/gm)) {
        const { screen } = await quorumlog(line.split(" "), {
          cwd,
          columns: 100,
          env: { NO_COLOR: "1" },
        });
        printed += `$ quorumlog ${line}\n${screen}`;
      }
      real.push(printed.replaceAll(cwd, "/srv"));
    }
    expect(masked(real.join("\n"))).toBe(masked(shown.join("\n")));
  });

  test("has a section for each command", () => {
    const headings = [...DOCUMENT.matchAll(/^## (.+)$/gm)].map((match) => match[1]).join(" ");
    for (const name of COMMANDS.keys()) expect(headings).toContain(name);
  });

  test("names every flag of the query", async () => {
    for (const flag of Object.keys((await COMMANDS.get("query")?.())?.flags ?? {}))
      expect(DOCUMENT).toContain(`\`--${flag}\``);
  });
});

/** Four votes, of which the mirror `otlp` delivered one, has one pending and was refused two. */
function addRejections(path: string): void {
  const journal = openJournal(path, { logId: "acme.example" });
  const outbox = journal.outbox("otlp");
  for (const row of append(journal, 4)) outbox.add(spooled(journal, row));
  outbox.reject("400 Bad Request: line too long");
  outbox.settle(1);
  outbox.reject("413 Payload Too Large");
  journal.close();
}

/** Without what differs from run to run. */
function masked(text: string): string {
  return text
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, "<uuid>")
    .replaceAll(/[\da-f]{64}/g, "<hash>")
    .replaceAll(/\+[\da-f]{8}\+[\w+/]{44}/g, "+<key>")
    .replaceAll(/\+[\da-f]{8}(?!\w)/g, "+<id>")
    .replaceAll(/(?<=^|\\n)[\w+/]{43}=/gm, "<root>")
    .replaceAll(/(?<=^|\\n)(— \S+) [\w+/]+=*/gm, "$1 <signature>")
    .replaceAll(/(?<="time":)"2[\d-]{9}T[\d:.]+Z"/g, "<time>")
    .replaceAll(/\d+\.\d KiB/g, "<size>")
    .replaceAll(/2[\d-]{9}T[\d:.]+Z {2}4/g, "<at>  4");
}
