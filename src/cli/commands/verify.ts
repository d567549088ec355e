import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { AuditError } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import {
  BlockSource,
  blocksOf,
  type EvidenceItem,
  type EvidenceSource,
} from "../../integrity/evidence.js";
import type { ComparedPage } from "../../report/compared-page.js";
import { counted, visible, word } from "../../text/safe-text.js";
import {
  DEFAULT_MAX_BYTES,
  parseTrustedCheckpoint,
  type ResolvedVerifyOptions,
} from "../../verify/options.js";
import type { VerificationReport } from "../../verify/verification-report.js";
import { judge } from "../../verify/verify.js";
import {
  type Command,
  type CommandArguments,
  type CommandIo,
  defineCommand,
  UsageError,
} from "../input/command.js";
import { notesOf, withNotes } from "../input/file-source.js";
import { naturalOf } from "../input/flag-values.js";
import { givenFile, ofFlag } from "../input/given-file.js";
import { verifierKeys } from "../input/keys.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, sourcesOf } from "../input/open-source.js";
import type { ClosedSource } from "../input/source.js";
import { EXIT, exitCodeOf, inCommandTerms } from "../output/exit-code.js";
import { overall, reportText } from "../output/report-text.js";
import { jsonLine, Progress } from "../output/send.js";
import { wrapped } from "../output/terminal.js";

const FLAGS = {
  key: {
    type: "string",
    multiple: true,
    value: "VKEY|FILE",
    about: "a public key of the log or a witness, or a file of them",
  },
  trusted: {
    type: "string",
    multiple: true,
    value: "FILE",
    about: "a checkpoint that you kept yourself, and so trust",
  },
  checkpoint: {
    type: "string",
    multiple: true,
    value: "FILE",
    about: "more checkpoints to compare with it",
  },
  "covered-only": {
    type: "boolean",
    about: "it is enough that the entries up to the newest checkpoint are there",
  },
  "accept-pruned": {
    type: "string",
    value: "N",
    about: "how many entries, from 0 on, retention may have removed; default 0",
  },
  "max-bytes": {
    type: "string",
    value: "N",
    about: "how many bytes may be kept of the evidence; default 2 GiB",
  },
  line: {
    type: "string",
    value: "FILE",
    about: "the line of a tlog-proof file that holds none",
  },
  ...SOURCE_FLAGS,
} as const;

/** `quorumlog verify`: whether evidence is what the log signed. */
export const verifyCommand: Command = defineCommand({
  name: "verify",
  about: "Verifies that nothing was altered, that nothing is missing, and that the log signed it",
  operands: ["[SOURCE...]"],
  flags: FLAGS,
  details: [
    ...SOURCE_DETAILS,
    "A FILE.checkpoint beside an export is read too. Get the keys in a way that you trust, not",
    "together with the evidence.",
    "",
    "A file of keys has one key a line. Write the period of a key that went out of use after the",
    'key, in the file or in the argument: "VKEY from=2026-01-01 to=2026-06-30". Write "VKEY',
    'witness" for the key of a witness: it never speaks for a log.',
    "",
    "In a log that is being written, no checkpoint covers the last entries yet. --covered-only says",
    "that this is enough; without it, the exit code is then 3.",
    "",
    "Exit code 0: verified. 1: something is wrong. 3: it cannot be read, or not all is verified.",
  ],
  examples: [
    {
      line: "quorumlog verify governance.ndjson --key acme.example-governance.ed25519.vkey",
      about: "an export",
    },
    {
      line: "quorumlog verify governance.db --key keys.txt --trusted kept.checkpoint --covered-only",
      about: "a journal that is being written, with a checkpoint from before",
    },
  ],
  async run(args, io) {
    const { line, checkpoint: files = [] } = args.flags;
    const sources = await sourcesOf(args, io, { line });
    const brought = await broughtAlong(args.flags, io);
    const notes = (
      await Promise.all(
        files.map((file) => ofFlag("checkpoint", file, notesOf(resolve(io.cwd, file)))),
      )
    ).flat();
    const codes: number[] = [];
    for (const source of sources) {
      const title =
        sources.length === 1 ? "" : `${codes.length > 0 ? "\n" : ""}${visible(source.name)}\n`;
      codes.push(await verified(source, notes, brought, args.json ? undefined : title, io));
    }
    return (
      [EXIT.verificationFailed, EXIT.unreadable].find((code) => codes.includes(code)) ?? EXIT.done
    );
  },
});

/** Reads what the auditor brings along: keys, trusted checkpoints, the log's id. */
async function broughtAlong(
  flags: CommandArguments<typeof FLAGS>["flags"],
  io: CommandIo,
): Promise<ResolvedVerifyOptions> {
  const { key: keys = [], trusted: kept = [], log: origin } = flags;
  if (keys.length === 0 && kept.length === 0)
    throw new UsageError(
      "nothing to verify with: ask the operator of the log for its public key (the .vkey file " +
        "of quorumlog keygen), and give it with --key; or give a checkpoint that you kept, with " +
        "--trusted",
    );
  return {
    keys: await verifierKeys(keys, io),
    coveredOnly: flags["covered-only"] ?? false,
    acceptPruned: naturalOf(flags["accept-pruned"], "accept-pruned") ?? 0,
    maxBytes: naturalOf(flags["max-bytes"], "max-bytes") ?? DEFAULT_MAX_BYTES,
    trusted: await Promise.all(kept.map((file) => trustedCheckpoint(file, io))),
    origin,
  };
}

async function trustedCheckpoint(path: string, { cwd }: CommandIo): Promise<Checkpoint> {
  const text = (await givenFile("trusted", path, cwd)).toString("utf8");
  try {
    return parseTrustedCheckpoint(text);
  } catch (cause) {
    throw new AuditError("invalid_evidence", `${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Verifies one source, and answers the exit code. The others are verified whatever comes out of it.
 *
 * @param title - What stands before the report; undefined for a report as JSON.
 */
async function verified(
  { name, named, open }: ClosedSource,
  notes: readonly string[],
  brought: ResolvedVerifyOptions,
  title: string | undefined,
  io: CommandIo,
): Promise<number> {
  let report: VerificationReport;
  let lookbackDays: number | undefined;
  let page: ComparedPage | undefined;
  try {
    report = await open(async (source) => {
      ({ lookbackDays } = source);
      page = await source.comparedPage?.();
      return judge(watched(withNotes(notes, source.evidence()), io), brought);
    });
  } catch (error) {
    const code = exitCodeOf(error);
    if (io.signal.aborted || (code !== EXIT.unreadable && code !== EXIT.verificationFailed))
      throw error;
    await io.stderr.write(
      `quorumlog: ${visible(`${name}: ${inCommandTerms((error as Error).message)}`)}\n`,
    );
    return code;
  }
  const isWrongPage = page !== undefined && page.problems.length > 0;
  const verdict = { ...report, verified: report.verified && !isWrongPage };
  await io.stdout.write(
    title === undefined
      ? jsonLine({ ...named, ...verdict, ...(page && { page }) })
      : title + reportText(report, io, page?.problems),
  );
  if (page !== undefined && !isWrongPage) await io.stderr.write(comparisonText(page, io));
  if (report.completeness === "failed" && lookbackDays !== undefined)
    await io.stderr.write(
      `quorumlog: entries that were recorded more than ${counted(lookbackDays, "day")} ago ` +
        "count as missing, because the command did not look for them; " +
        "--lookback DAYS looks further back\n",
    );
  if (isWrongPage) return EXIT.verificationFailed;
  switch (overall(report)) {
    case "verified":
      return page?.compared === "nothing" ? EXIT.unreadable : EXIT.done;
    case "failed":
      return EXIT.verificationFailed;
    case "unknown":
      await io.stderr.write(
        visible(`quorumlog: ${name} could not be verified: the evidence cannot tell`).concat("\n"),
      );
      return EXIT.unreadable;
  }
}

/** How much of a report the verdict is about, in lines that fit the terminal. */
function comparisonText(page: ComparedPage, { stderr }: CommandIo): string {
  const words = comparisonInWords(page);
  const text = page.compared === "nothing" ? `quorumlog: ${words}` : words;
  return `\n${wrapped(visible(text), stderr.columns, 0)}\n`;
}

function comparisonInWords(page: ComparedPage): string {
  const choice = `made with ${choiceInWords(page)}: compare them with what you asked for`;
  switch (page.compared) {
    case "page":
      return (
        "the page is, byte for byte, what this version makes of the evidence in it. Scope, " +
        `sample and policy are its maker's choice: ${choice}. Title, command, time, and what ` +
        "its maker's own check found, are the maker's word"
      );
    case "part":
      return (
        "population, entries, limitations, the draw of the sample, style and script were " +
        "compared with the evidence. The other sections also rest on entries that are not in " +
        "the page: they were not compared, and are the maker's word, as are title, command, " +
        "time, what the source held, and what its check found. Scope, sample and policy are " +
        `its choice: ${choice}`
      );
    case "nothing":
      return `the page could not be compared with the evidence in it: ${page.unknown}`;
  }
}

function choiceInWords({ scope = {}, policySha256, sampleSize }: ComparedPage): string {
  const { since, until, proposalId, subjectId } = scope;
  const given = [
    since && `--since ${since.toISOString()}`,
    until && `--until ${until.toISOString()}`,
    proposalId !== undefined && `--proposal ${word(proposalId)}`,
    subjectId !== undefined && `--subject ${word(subjectId)}`,
  ].filter(Boolean);
  return `${given.join(" ") || "no condition"}, ${
    policySha256 === undefined ? "no policy" : `policy sha256 ${policySha256}`
  }, --sample ${sampleSize}`;
}

/** About how many items pass between two looks at progress and signals. */
const BATCH = 4096;

/** The evidence, with its progress shown while it passes; it ends when a signal comes. */
function watched(source: EvidenceSource, io: CommandIo): EvidenceSource {
  const progress = new Progress(io, true);
  async function* blocks(): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
    let next = BATCH;
    try {
      for await (const block of blocksOf(source))
        for (let start = 0; start < block.length; start += BATCH) {
          const part = block.slice(start, start + BATCH);
          yield part;
          progress.add(part.length);
          if (progress.count < next) continue;
          next = progress.count + BATCH;
          // a journal is read without waiting for anything, and a signal has to be heard
          await turn();
          io.signal.throwIfAborted();
          await progress.show();
        }
    } finally {
      await progress.clear();
    }
  }
  return new BlockSource(blocks, source);
}
