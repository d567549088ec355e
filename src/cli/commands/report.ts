import { basename, resolve } from "node:path";
import { canonicalLine } from "../../entry/line.js";
import { type AuditError, invalidEvidence } from "../../errors.js";
import { withoutLinks } from "../../journal/file/new-file.js";
import { choiceOf, endOfPeriod, type ReportScope } from "../../report/report-scope.js";
import { SCOPE_VERSION } from "../../semconv.js";
import { counted, visible, word } from "../../text/safe-text.js";
import {
  type Command,
  type CommandArguments,
  type CommandIo,
  defineCommand,
  UsageError,
} from "../input/command.js";
import { naturalOf, parseMoment } from "../input/flag-values.js";
import { VKEY } from "../input/keys.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { type ChosenEntry, provable, sharedBundleOf } from "../input/proof-from.js";
import { wholeId } from "../input/query-flags.js";
import { entryPages, type Source } from "../input/source.js";
import { type ReplayedTrail, TRAIL_FLAGS, trailExit, withTrail } from "../input/trail-of.js";
import {
  assertFree,
  fileOf,
  type Replacing,
  replacingOf,
  writeNewFiles,
} from "../output/new-files.js";
import { jsonLine } from "../output/send.js";
import { verificationLine } from "../output/trail-text.js";

const { policy, key, "covered-only": coveredOnly, "accept-pruned": acceptPruned } = TRAIL_FLAGS;

const FLAGS = {
  out: { type: "string", short: "o", value: "FILE", about: "the page; - is stdout" },
  force: { type: "boolean", about: "replace the file" },
  title: { type: "string", value: "TEXT", about: "the title of the page" },
  since: { type: "string", value: "TIME", about: "what happened at this time or later" },
  until: { type: "string", value: "TIME", about: "what happened before this time" },
  proposal: { type: "string", value: "ID", about: "this proposal alone" },
  subject: { type: "string", value: "ID", about: "this subject alone" },
  sample: {
    type: "string",
    value: "N",
    about: "how many entries the sample draws; default 25",
  },
  "max-bytes": {
    type: "string",
    value: "N",
    about: "how many bytes the page may have; default 50 000 000",
  },
  blank: { type: "boolean", about: "the verifier alone, without a log: it takes any evidence" },
  "verifier-hash": { type: "boolean", about: "prints the SHA-256 of the verifier in every page" },
  policy,
  key,
  "covered-only": coveredOnly,
  "accept-pruned": acceptPruned,
  ...SOURCE_FLAGS,
} as const;

type ReportArguments = CommandArguments<typeof FLAGS>;

const SAMPLE_SIZE = 25;

/** A page above this size is slow to open, and no mail takes it. */
const MAX_BYTES = 50_000_000;

/** `quorumlog report`: one HTML page for people, which carries its own evidence. */
export const report: Command = defineCommand({
  name: "report",
  about: "Makes one HTML page: population, decisions, exceptions, and the evidence to check it",
  operands: ["[SOURCE]"],
  flags: FLAGS,
  details: [
    "The page needs no network. Whoever opens it can check it in the browser, with the key of the log,",
    "and quorumlog verify reads it. docs/report.md says what it shows, and what it does not.",
    "",
    "With a condition, the page has the entries that meet it, each with a proof that it is in the log.",
    "Answers about authorizations rest on the whole trail all the same.",
    "With --key, the command verifies the source first, and the page states what it found.",
    "",
    ...SOURCE_DETAILS,
    "",
    "Exit code 0: the page is written. 1: the source failed verification, and the page says so.",
    "3: it could not be verified, or it cannot be read.",
  ],
  examples: [
    {
      line: "quorumlog report governance.db --key governance.vkey --out report.html",
      about: "a page of the whole log",
    },
    {
      line: "quorumlog report governance.db --since 2026-04-01 --until 2026-07-01 --out q2.html",
      about: "a page of one quarter",
    },
    {
      line: "quorumlog report --blank --out verifier.html",
      about: "a verifier for whoever gets reports",
    },
  ],
  async run(args, io) {
    const { flags, json } = args;
    const { force = false, title, blank } = flags;
    if (flags["verifier-hash"]) return printHash(args, io);
    if (flags.out === undefined) throw new UsageError("--out is missing: the file of the page");
    const out = fileOf(flags.out);
    if (out === undefined && (json || force))
      throw new UsageError(`--${json ? "json" : "force"} goes with --out FILE`);
    const path = out === undefined ? undefined : resolve(io.cwd, out);
    const replacing = replacingOf(args, io.cwd);
    if (path !== undefined) assertFree(path, replacing);
    if (blank) {
      assertNothingElse(args, ["blank", "out", "force"]);
      const { blankPage } = await import("../../report/blank-page.js");
      await written(blankPage(), path, replacing, io);
      return 0;
    }
    const sampleSize = naturalOf(flags.sample, "sample") ?? SAMPLE_SIZE;
    const maxBytes = naturalOf(flags["max-bytes"], "max-bytes") ?? MAX_BYTES;
    const trailArgs = { ...args, flags: { ...flags, at: undefined } };
    const reported = async (replayed: ReplayedTrail): Promise<number> => {
      const { trail, source, verification, checkpoint } = replayed;
      const scope = await scopeOf(args, source, io);
      const logId = await source.logId();
      if (logId === undefined) throw invalidEvidence("there is no entry to report on");
      if (checkpoint === undefined)
        throw invalidEvidence(
          "it has no checkpoint, so nothing in a report could be checked; " +
            "docs/evidence.md says how a log gets a signer",
        );
      const { chosen, held } = await chosenBy(scope, maxBytes, replayed, logId);
      if (chosen.length === 0)
        throw invalidEvidence("no entry meets the conditions, so there is nothing to report on");
      const entries = provable(chosen, checkpoint);
      if (entries.length === 0)
        throw invalidEvidence(
          "no checkpoint covers the entries that meet the conditions yet, so nothing could be checked",
        );
      const { packedEvidence, reportDocument } = await import("../../report/document.js");
      const at = io.now();
      const end = endOfPeriod(scope, at);
      const page = reportDocument({
        title: title ?? `Audit report: ${logId}`,
        logId,
        scope,
        making: { version: SCOPE_VERSION, command: commandLine(args), at },
        trail: end === undefined ? trail : await replayed.asOf(end),
        policyText: replayed.policyText,
        policySha256: replayed.policySha256,
        entries,
        held,
        readTo: trail.lastSequence,
        isComplete: trail.isComplete,
        uncovered: chosen.length - entries.length,
        checkpoint,
        evidence: packedEvidence(await sharedBundleOf(source, entries, checkpoint)),
        verification,
        sampleSize,
      });
      const bytes = Buffer.byteLength(page);
      if (bytes > maxBytes)
        throw tooLarge(
          `the page would have ${inMegabytes(bytes)}, and ${inMegabytes(maxBytes)} are the most`,
        );
      await written(page, path, replacing, io);
      if (verification?.verified === false && !json)
        await io.stderr.write(verificationLine(verification, { ...io, stdout: io.stderr }));
      if (path !== undefined) {
        const file = withoutLinks(path);
        if (json)
          await io.stdout.write(jsonLine({ file, entries: entries.length, held, verification }));
        else
          await io.stderr.write(
            `${visible(`${counted(entries.length, "entry", "entries")} reported in ${file}`)}\n`,
          );
      }
      return trailExit(verification, false);
    };
    return withTrail(trailArgs, io, reported, { checkpoint: true });
  },
});

async function printHash(args: ReportArguments, io: CommandIo): Promise<number> {
  assertNothingElse(args, ["verifier-hash"]);
  const { pageScript } = await import("../../report/page-script.js");
  await io.stdout.write(`${pageScript().sha256}\n`);
  return 0;
}

/** Throws `UsageError` for an operand, and for a flag that has no meaning without a log. */
function assertNothingElse({ operands, flags }: ReportArguments, taken: readonly string[]): void {
  const stray = Object.entries(flags).find(
    ([name, value]) => value !== undefined && value !== false && !taken.includes(name),
  );
  if (stray !== undefined || operands.length > 0)
    throw new UsageError(
      `--${taken[0]} is about no log; leave out ${stray ? `--${stray[0]}` : "SOURCE"}`,
    );
}

/** Writes a page to a file, or to stdout where there is no path. */
async function written(
  page: string,
  path: string | undefined,
  replacing: Replacing,
  io: CommandIo,
): Promise<void> {
  if (path === undefined) await io.stdout.write(page);
  else await writeNewFiles([{ path, write: (to) => to.write(page) }], replacing);
}

async function scopeOf(
  { flags }: ReportArguments,
  source: Source,
  io: CommandIo,
): Promise<ReportScope> {
  const { since, until, proposal, subject } = flags;
  const scope = {
    ...(since === undefined ? {} : { since: parseMoment(since, "since", io.now()) }),
    ...(until === undefined ? {} : { until: parseMoment(until, "until", io.now()) }),
    ...(proposal === undefined
      ? {}
      : { proposalId: await wholeId(source, "proposalId", proposal, io) }),
    ...(subject === undefined
      ? {}
      : { subjectId: await wholeId(source, "subjectId", subject, io) }),
  };
  if (scope.since !== undefined && scope.until !== undefined && scope.since >= scope.until)
    throw new UsageError("--since must be before --until");
  return scope;
}

function tooLarge(what: string): AuditError {
  return invalidEvidence(
    `${what}: narrow it with --since and --until, --proposal or --subject, or raise --max-bytes`,
  );
}

function inMegabytes(bytes: number): string {
  return `${bytes < 1e7 ? Math.ceil(bytes / 1e4) / 100 : Math.ceil(bytes / 1e6)} MB`;
}

/** The entries in the scope, and how many there are up to the end of the trail. */
async function chosenBy(
  scope: ReportScope,
  maxBytes: number,
  { trail, source }: ReplayedTrail,
  logId: string,
): Promise<{ readonly chosen: readonly ChosenEntry[]; readonly held: number }> {
  const isChosen = choiceOf(scope, trail);
  const chosen: ChosenEntry[] = [];
  let [held, bytes] = [0, 0];
  // an app may append to a journal meanwhile
  const query = { order: "oldest", before: trail.lastSequence + 1 } as const;
  for await (const page of entryPages(await source.reader(), query)) {
    held += page.length;
    for (const entry of page) {
      if (!isChosen(entry)) continue;
      const line = canonicalLine(logId, entry);
      bytes += line.length;
      chosen.push({ entry, line });
    }
    // the page has every line, and more
    if (bytes > maxBytes)
      throw tooLarge(
        `the page would have more than ${inMegabytes(maxBytes)}: the lines of its first ` +
          `${counted(chosen.length, "entry", "entries")} alone have more`,
      );
  }
  return { chosen, held };
}

/** Flags whose values may be secret, or say where things are on the machine. */
const HIDDEN: ReadonlySet<string> = new Set(["header", "loki", "out"]);

/** Flags that take a path, or a key. */
const PATHS: ReadonlySet<string> = new Set(["key", "policy"]);

/** The command for the page, without what may be secret. Of a path, it has the last part. */
function commandLine({ operands, flags }: ReportArguments): string {
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined || value === false
      ? []
      : [value].flat().map((one) => {
          if (one === true) return `--${name}`;
          const shown = PATHS.has(name) ? lastPart(String(one)) : String(one);
          return `--${name} ${HIDDEN.has(name) ? "…" : word(shown)}`;
        }),
  );
  const sources = operands.map((path) => word(lastPart(path)));
  return ["quorumlog report", ...sources, ...given].join(" ");
}

/** A verifier key has slashes too, and is not cut. */
function lastPart(value: string): string {
  return VKEY.test(value) ? value : basename(value);
}
