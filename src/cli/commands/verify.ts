import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { AuditError } from "../../errors.js";
import type { EvidenceItem, EvidenceSource } from "../../integrity/evidence.js";
import { visible } from "../../text/safe-text.js";
import { resolveVerifyOptions, type VerifyOptions } from "../../verify/options.js";
import type { VerificationReport } from "../../verify/verification-report.js";
import { verify } from "../../verify/verify.js";
import {
  type Command,
  type CommandArguments,
  defineCommand,
  UsageError,
} from "../input/command.js";
import type { OpenedEvidence } from "../input/evidence-file.js";
import { verifierKeys } from "../input/keys.js";
import { LOKI_DETAILS, LOKI_FLAGS, lokiOf } from "../input/loki-flags.js";
import { readWithin } from "../input/read-within.js";
import { fileSubject, lokiSubject, type Subject } from "../input/subject.js";
import type { CommandIo } from "../output/command-io.js";
import { EXIT, exitCodeOf } from "../output/exit-code.js";
import { Progress } from "../output/progress.js";
import { overall, reportText } from "../output/report-text.js";
import { jsonLine } from "../output/send.js";

const FLAGS = {
  key: {
    type: "string",
    multiple: true,
    value: "VKEY|FILE",
    about: "a public key of the log or a witness, or a file of them",
  },
  trusted: {
    type: "string",
    value: "FILE",
    about: "a checkpoint that you kept, and trust by your own hand",
  },
  checkpoint: {
    type: "string",
    multiple: true,
    value: "FILE",
    about: "more checkpoints to hold against it",
  },
  line: {
    type: "string",
    value: "FILE",
    about: "the line that a tlog-proof file is of, where it holds none",
  },
  ...LOKI_FLAGS,
} as const;

/** `quorumlog verify`: whether evidence is what the log signed. */
export const verifyCommand: Command = defineCommand({
  name: "verify",
  about:
    "Verifies a journal, an export or a proof: what is in it, that all is there, who signed it",
  operands: ["[PATH...]"],
  flags: FLAGS,
  details: [
    "PATH is a journal, an export as ndjson (FILE.checkpoint beside it is taken too), or what quorumlog",
    "prove wrote; what it is, it says itself. Keys come by a way that you trust, not with the evidence.",
    "",
    "A file of keys has one a line. A key that went out of use has its period behind it, there or in the",
    'argument: "VKEY from=2026-01-01 to=2026-06-30".',
    "",
    ...LOKI_DETAILS,
    "",
    "Exit code 0: verified. 1: something is wrong with it. 3: it cannot be read, or cannot be told.",
  ],
  examples: [
    {
      line: "quorumlog verify governance.ndjson --key acme.example-governance.ed25519.vkey",
      about: "an export",
    },
    {
      line: "quorumlog verify governance.db --key keys.txt --trusted kept.checkpoint --json",
      about: "a journal, with a checkpoint from before, for a program",
    },
  ],
  async run(args: CommandArguments<typeof FLAGS>, io) {
    const loki = lokiOf(args, "PATH", io);
    const { checkpoint: checkpoints = [], line } = args.flags;
    if (loki !== undefined && line !== undefined)
      throw new UsageError("--line and --loki exclude each other");
    const options = await optionsOf(args, io);
    const subjects =
      loki === undefined
        ? args.operands.map((path) => fileSubject({ path, checkpoints, line }, io))
        : [lokiSubject(loki, checkpoints, io)];
    const codes: number[] = [];
    for (const subject of subjects) {
      const isNotFirst = codes.length > 0;
      codes.push(await judge(subject, args, options, io, isNotFirst));
    }
    return (
      [EXIT.verificationFailed, EXIT.unreadable].find((code) => codes.includes(code)) ?? EXIT.done
    );
  },
});

async function optionsOf(
  { flags }: CommandArguments<typeof FLAGS>,
  io: CommandIo,
): Promise<VerifyOptions> {
  const { key: keys = [], trusted } = flags;
  if (keys.length === 0 && trusted === undefined)
    throw new UsageError(
      "nothing to verify by: ask who runs the log for its public key (the .vkey file of quorumlog keygen), and give it " +
        "with --key; or give a checkpoint that you kept, with --trusted",
    );
  const options: VerifyOptions = {
    keys: await verifierKeys(keys, io),
    trustedCheckpoint:
      trusted === undefined
        ? undefined
        : (await readWithin(resolve(io.cwd, trusted))).toString("utf8"),
    origin: flags.log,
  };
  try {
    resolveVerifyOptions(options);
  } catch (cause) {
    // the keys were read already
    throw new AuditError("invalid_evidence", `${trusted}: ${(cause as Error).message}`, { cause });
  }
  return options;
}

/** Verifies one of the subjects, and answers the exit code; the others are verified whatever comes out of it. */
async function judge(
  { name, named, open, remark }: Subject,
  { operands, json }: CommandArguments<typeof FLAGS>,
  options: VerifyOptions,
  io: CommandIo,
  isNotFirst: boolean,
): Promise<number> {
  let report: VerificationReport;
  try {
    report = await open((evidence) =>
      verify(watched(evidence, new Progress(io, true), io), options),
    );
  } catch (error) {
    const code = exitCodeOf(error);
    if (io.signal.aborted || (code !== EXIT.unreadable && code !== EXIT.verificationFailed))
      throw error;
    await io.stderr.write(`quorumlog: ${visible(`${name}: ${(error as Error).message}`)}\n`);
    return code;
  }
  if (json) await io.stdout.write(jsonLine({ ...named, ...report }));
  else {
    if (operands.length > 1) await io.stdout.write(`${isNotFirst ? "\n" : ""}${visible(name)}\n`);
    await io.stdout.write(reportText(report, io));
  }
  const more = remark?.(report);
  if (more !== undefined) await io.stderr.write(`quorumlog: ${visible(more)}\n`);
  switch (overall(report)) {
    case "verified":
      return EXIT.done;
    case "failed":
      return EXIT.verificationFailed;
    case "unknown":
      await io.stderr.write(
        visible(`quorumlog: ${name} could not be verified: the evidence cannot tell`).concat("\n"),
      );
      return EXIT.unreadable;
  }
}

/** Items between two looks at progress and signals. */
const BATCH = 4096;

/** The evidence, which counts itself while it passes and ends when a signal comes. */
export function watched(
  { source, notes }: OpenedEvidence,
  progress: Progress,
  { signal }: CommandIo,
): EvidenceSource {
  async function* items(): AsyncGenerator<EvidenceItem, void, undefined> {
    for (const note of notes) yield { kind: "checkpoint", note };
    try {
      for await (const item of source) {
        yield item;
        progress.add(1);
        if (progress.count % BATCH !== 0) continue;
        await turn(); // a journal is read without waiting for anything, and a signal has to be heard
        signal.throwIfAborted();
        await progress.show();
      }
    } finally {
      await progress.clear();
    }
  }
  const { ordered = true, partial = false } = source;
  return { ordered, partial, [Symbol.asyncIterator]: items };
}
