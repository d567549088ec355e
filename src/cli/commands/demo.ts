import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { generateKeys } from "../../integrity/keys/key-generation.js";
import { withoutLinks } from "../../journal/file/new-file.js";
import { registerIn } from "../../journal/tree/name-register.js";
import { visible } from "../../text/safe-text.js";
import {
  type Command,
  type CommandIo,
  defineCommand,
  type OutputStream,
  UsageError,
} from "../input/command.js";
import { invoke } from "../input/invoke.js";
import { shellWord } from "../input/this-process.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine } from "../output/send.js";
import { check } from "./check.js";
import { explain } from "./explain.js";
import { AUTHORIZATION, MODEL, recordFederation } from "./federation.js";
import { query } from "./query.js";
import { report } from "./report.js";
import { verifyCommand } from "./verify.js";

const LOG = "federation.example";
const WIDTH = 100;
/** The demo has its own clock, so that it shows the same in every run. */
const START = Date.parse("2026-04-14T12:00:00Z");
const STEP = 20_500;

const QUESTIONS: readonly (readonly [question: string, command: Command, ...argv: string[]])[] = [
  ["What happened?", query, "--order", "oldest"],
  ["Who let medical-ai-v2 run, and may it run now?", explain, lastPart(MODEL)],
  ["Was that a valid decision?", explain, lastPart(AUTHORIZATION.proposalId)],
  ["Does anything break the rules?", check],
  ["Is all of that what the log has signed?", verifyCommand, "--key", "$JOURNAL.vkey"],
];

const GO_ON = [
  "stats $JOURNAL",
  "export $JOURNAL --format ndjson --out $JOURNAL.ndjson",
  "verify $JOURNAL.ndjson --key $JOURNAL.vkey",
  "report $JOURNAL --key $JOURNAL.vkey --out $JOURNAL.html --force",
  "help",
];

/** `quorumlog demo`: a journal to try the other commands on. */
export const demo: Command = defineCommand({
  name: "demo",
  about: "Records a federation of five nodes in a new journal, queries and verifies it",
  operands: ["[JOURNAL]"],
  flags: {},
  details: [
    "The federation authorizes a model, catches a node that votes twice, freezes the model, revokes the",
    "authorization and removes the node. The log signs with a new key, and the public half is written",
    "to JOURNAL.vkey. The report for an auditor is JOURNAL.html.",
    "Without JOURNAL, the files are made in a temporary folder.",
  ],
  examples: [
    { line: "quorumlog demo", about: "see how it works" },
    { line: "quorumlog demo governance.db", about: "with a journal in this folder" },
  ],
  async run({ operands: [given], json }, io) {
    const path = given ?? join(mkdtempSync(join(tmpdir(), "quorumlog-demo-")), "governance.db");
    const made = await record(resolve(io.cwd, path));
    await makeReport(path, io);
    if (json) {
      await io.stdout.write(jsonLine({ ...made, report: `${made.journal}.html` }));
      return EXIT.done;
    }
    let last = "";
    const stdout = withColumns(io.stdout, io.stdout.columns ?? WIDTH, (text) => {
      last = text;
    });
    const assignment = `JOURNAL=${shellWord(path)}`;
    // an unquoted variable is several words where its value has a space
    const shown = (line: string): string =>
      shellWord(path) === path ? line : line.replaceAll("$JOURNAL", '"$JOURNAL"');
    await io.stdout.write(visible(`$ ${assignment}`).concat("\n"));
    for (const [question, command, ...argv] of QUESTIONS) {
      await io.stdout.write(
        `\n${question}\n$ ${shown([io.program, command.name, "$JOURNAL", ...argv].join(" "))}\n`,
      );
      const words = argv.map((word) => word.replace("$JOURNAL", () => path));
      await invoke(command, [path, ...words], { ...io, stdout });
      if (!last.endsWith("\n")) await io.stdout.write("\n"); // exportJson() ends without a line end
    }
    const lines = [assignment, ...GO_ON.map((line) => shown(`${io.program} ${line}`))];
    const indented = lines.map((line) => `  ${visible(line)}\n`).join("");
    await io.stdout.write(`\nGo on with, for example:\n${indented}`);
    await io.stdout.write(`\nOpen the report in a browser:\n  ${visible(`${path}.html`)}\n`);
    return EXIT.done;
  },
});

/** Makes the page of the journal beside it, without a word. */
async function makeReport(path: string, io: CommandIo): Promise<void> {
  const silent = { isTerminal: false, write: async () => {} };
  const argv = [path, "--key", `${path}.vkey`, "--out", `${path}.html`];
  await invoke(report, argv, { ...io, stdout: silent, stderr: silent });
}

/** An id as a table shows it. */
function lastPart(id: string): string {
  return id.slice(id.lastIndexOf(":") + 1);
}

interface Recorded {
  readonly journal: string;
  /** The file of the public key. The private key is not kept. */
  readonly verifierKey: string;
  readonly logId: string;
  readonly entries: number;
}

async function record(journal: string): Promise<Recorded> {
  const verifierKey = `${journal}.vkey`;
  for (const path of [journal, verifierKey, `${journal}.html`])
    if (existsSync(path))
      throw new UsageError(`${path} is there already; the demo makes a new journal`);
  // loaded here, since it brings OpenTelemetry, which the help does not need
  const { GovernanceAuditLog } = await import("../../log/governance-audit-log.js");
  const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
  const register = registerIn(dirname(withoutLinks(journal)), LOG);
  const isNew = !existsSync(register);
  let reading = 0;
  const clock = (): Date => new Date(START + STEP * reading++);
  const audit = new GovernanceAuditLog({ logId: LOG, journal, clock, signer: privateKeyPem });
  recordFederation(audit);
  const { logId, length: entries } = audit;
  await audit.shutdown();
  // the key is gone, so that nothing can sign a second history; the next demo has its own key
  if (isNew) rmSync(register, { force: true });
  writeFileSync(verifierKey, `${vkey}\n`, { flag: "wx" });
  return { journal, verifierKey, logId, entries };
}

function withColumns(
  stream: OutputStream,
  columns: number,
  onWrite: (text: string) => void,
): OutputStream {
  return {
    isTerminal: stream.isTerminal,
    columns,
    write: (text) => {
      onWrite(text);
      return stream.write(text);
    },
  };
}
