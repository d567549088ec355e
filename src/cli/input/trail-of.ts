import { isUtf8 } from "node:buffer";
import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import { memberPath } from "../../entry/json.js";
import { sha256Hex } from "../../entry/sha256.js";
import { AuditError, invalidOption } from "../../errors.js";
import { type Policy, policyOf } from "../../governance/facts/policy.js";
import type { At } from "../../governance/fold.js";
import { replayFrom } from "../../governance/replay.js";
import { RULES } from "../../governance/rules/rules.js";
import type { GovernanceTrail } from "../../governance/trail.js";
import { didYouMean, nearest } from "../../text/did-you-mean.js";
import type { VerificationReport } from "../../verify/verification-report.js";
import { EXIT } from "../output/exit-code.js";
import { overall } from "../output/report-text.js";
import { Progress } from "../output/send.js";
import { type CommandArguments, type CommandIo, UsageError } from "./command.js";
import { naturalOf, parseMoment } from "./flag-values.js";
import { givenFile } from "./given-file.js";
import { verifierKeys } from "./keys.js";
import { type SOURCE_FLAGS, sourcesOf } from "./open-source.js";
import { policyHints, policyValues } from "./query-flags.js";
import { type ClosedSource, entryPages, type Source, type SourceCheckpoint } from "./source.js";

/** The flags of a command that answers from a trail. */
export const TRAIL_FLAGS = {
  at: {
    type: "string",
    value: "MOMENT",
    about: "answer for this moment: a sequence, or a time; default now",
  },
  policy: { type: "string", value: "FILE", about: "the policy of the federation, as JSON" },
  key: {
    type: "string",
    multiple: true,
    value: "KEY",
    about: "verify the source first, with this key or file of keys",
  },
  "covered-only": {
    type: "boolean",
    about: "with --key: what no checkpoint covers yet is no reason for doubt",
  },
  "accept-pruned": {
    type: "string",
    value: "N",
    about: "with --key: how many entries retention may have removed; default 0",
  },
} as const;

type TrailArguments = CommandArguments<typeof TRAIL_FLAGS & typeof SOURCE_FLAGS>;

/** For the help of a command. */
export const TRAIL_DETAILS: readonly string[] = [
  "--at takes a sequence (14: after entry 14), or a time: then entries count that happened by then,",
  "whenever they were recorded. Where entries are missing, answers are unknown or undetermined.",
  "With --key, the answer begins with what quorumlog verify says about the source.",
];

/** What a command answers from. */
export interface ReplayedTrail {
  readonly trail: GovernanceTrail;
  /** The trail of the same source as of another moment. */
  readonly asOf: (at: Date) => Promise<GovernanceTrail>;
  readonly source: Source;
  /** What verify said about the source, if a key was given. */
  readonly verification: VerificationReport | undefined;
  /** The newest checkpoint when the reading began; of a journal, only if the work needs it. */
  readonly checkpoint: SourceCheckpoint | undefined;
  /** The text of the policy's file, and its SHA-256 in hexadecimal, if one was given. */
  readonly policyText: string | undefined;
  readonly policySha256: string | undefined;
}

/** What the work of a command asks the source for. */
interface Needs {
  /** The columns whose values it asks for: so an export need not be held. */
  readonly ids?: readonly ColumnName[];
  readonly checkpoint?: boolean;
}

/** Replays the trail of the one source that arguments name. Throws `UsageError`, `AuditError`. */
export async function withTrail<T>(
  args: TrailArguments,
  io: CommandIo,
  work: (replayed: ReplayedTrail) => Promise<T>,
  { ids = [], checkpoint: needsCheckpoint = false }: Needs = {},
): Promise<T> {
  const { flags } = args;
  const at = flags.at === undefined ? undefined : momentOf(flags.at, io);
  const policy = flags.policy === undefined ? undefined : await policyIn(flags.policy, io);
  if (flags["covered-only"] && flags.key === undefined)
    throw new UsageError("--covered-only goes with --key");
  if (flags["accept-pruned"] !== undefined && flags.key === undefined)
    throw new UsageError("--accept-pruned goes with --key");
  const [closed] = (await sourcesOf(args, io)) as [ClosedSource];
  const verified = await verifierOf(flags, io);
  // opened once: what is verified is what the answer rests on
  return closed.open(async (source) => {
    const extent = await extentOf(source, verified, needsCheckpoint);
    const { verification, checkpoint, end: before } = extent;
    // a checkpoint tells of entries that evidence lacks at its end
    const length = source.kind === "journal" ? before : checkpoint?.size;
    const named = policyValues(policy?.policy ?? {});
    const columns = [...named.map(({ column }) => column), ...ids];
    const end = { sequence: -1 };
    const replayed = (moment: At | undefined): Promise<GovernanceTrail> =>
      replayFrom(entriesOf(source, columns, { before, end }, io), {
        ...(length === undefined ? {} : { length }),
        ...(policy === undefined ? {} : { policy: policy.policy }),
        ...(moment === undefined ? {} : { at: moment }),
      });
    const trail = await replayed(at);
    if (policy !== undefined && flags.policy !== undefined)
      await io.stderr.write(await policyHints(source, flags.policy, named));
    if (typeof at === "number" && end.sequence >= 0 && end.sequence < at)
      await io.stderr.write(`--at ${at}: the newest entry is #${end.sequence}\n`);
    return work({
      trail,
      asOf: replayed,
      source,
      verification,
      checkpoint,
      policyText: policy?.text,
      policySha256: policy?.sha256,
    });
  });
}

/** How much of a source an answer rests on. */
export interface Extent {
  readonly verification: VerificationReport | undefined;
  readonly checkpoint: SourceCheckpoint | undefined;
  /** One more than the newest sequence; undefined where the source does not grow. */
  readonly end: number | undefined;
}

/**
 * Verifies a source, and says where the answer must end. An app may append to a journal, or deliver
 * to Loki, meanwhile. So the answer rests on no entry that came after verify began to read, and no
 * checkpoint covers more than these entries.
 *
 * @param verified - What verifies the source; undefined where no key was given.
 */
export async function extentOf(
  source: Source,
  verified: ((source: Source) => Promise<VerificationReport>) | undefined,
  needsCheckpoint: boolean,
): Promise<Extent> {
  const isJournal = source.kind === "journal";
  const checkpoint = isJournal && !needsCheckpoint ? undefined : await source.newestCheckpoint();
  const grows = isJournal || (source.kind === "loki" && verified !== undefined);
  const end = grows ? await source.end() : undefined;
  const verification = await verified?.(source);
  const size = verification?.size ?? 0;
  return { verification, checkpoint, end: end === undefined ? undefined : Math.max(end, size) };
}

/**
 * @param before - Where the entries end.
 * @param end - Gets the sequence of each entry. At last, it has that of the newest one.
 */
async function* entriesOf(
  source: Source,
  columns: readonly ColumnName[],
  { before, end }: { readonly before: number | undefined; readonly end: { sequence: number } },
  io: CommandIo,
): AsyncGenerator<AuditEntry, void, undefined> {
  const progress = new Progress(io);
  try {
    const blocks =
      source.pass?.(columns) ??
      entryPages(await source.reader(), {
        order: "oldest",
        ...(before === undefined ? {} : { before }),
      });
    for await (const entries of blocks) {
      yield* entries;
      end.sequence = entries.at(-1)?.sequence ?? end.sequence;
      progress.add(entries.length);
      io.signal.throwIfAborted();
      await progress.show();
    }
  } finally {
    await progress.clear();
  }
}

function momentOf(text: string, { now }: CommandIo): At {
  return /^\d+$/.test(text) ? Number(text) : parseMoment(text, "at", now());
}

async function policyIn(
  path: string,
  { cwd }: CommandIo,
): Promise<{ readonly policy: Policy; readonly text: string; readonly sha256: string }> {
  const bytes = await givenFile("policy", path, cwd);
  if (!isUtf8(bytes)) throw new UsageError(`--policy ${path}: it is not UTF-8`);
  const text = bytes.toString("utf8");
  try {
    const policy = policyOf(JSON.parse(text));
    assertRules(policy);
    return { policy, text, sha256: sha256Hex(bytes) };
  } catch (cause) {
    if (!(cause instanceof AuditError || cause instanceof SyntaxError)) throw cause;
    throw new UsageError(`--policy ${path}: ${cause.message}`);
  }
}

/** A policy file names rules of Quorumlog only: the command knows no others. */
function assertRules({ rules = {} }: Policy): void {
  const ids = RULES.map(({ id }) => id);
  for (const id of Object.keys(rules)) {
    if (ids.includes(id)) continue;
    const near = didYouMean(nearest(id, ids));
    throw invalidOption(
      memberPath("policy.rules", id),
      `there is no such rule${near === "" ? `; the rules are ${ids.join(", ")}` : near}`,
    );
  }
}

async function verifierOf(
  flags: TrailArguments["flags"],
  io: CommandIo,
): Promise<((source: Source) => Promise<VerificationReport>) | undefined> {
  if (flags.key === undefined) return undefined;
  const keys = await verifierKeys(flags.key, io);
  const { judge } = await import("../../verify/verify.js");
  const { DEFAULT_MAX_BYTES } = await import("../../verify/options.js");
  const options = {
    keys,
    trusted: [],
    origin: flags.log,
    coveredOnly: flags["covered-only"] ?? false,
    acceptPruned: naturalOf(flags["accept-pruned"], "accept-pruned") ?? 0,
    maxBytes: DEFAULT_MAX_BYTES,
  };
  return (source) => judge(source.evidence(), options);
}

/**
 * The exit code of a command that answers from a trail: 1 where the source failed verification;
 * 3 where it is not verified, or where the answer is unknown.
 */
export function trailExit(
  verification: VerificationReport | undefined,
  isUnknown: boolean,
): number {
  const verdict = verification && overall(verification);
  if (verdict === "failed") return EXIT.verificationFailed;
  return verdict === "unknown" || isUnknown ? EXIT.unreadable : EXIT.done;
}
