import type { Hold } from "../../entry/holds.js";
import type { HoldScope } from "../../entry/retention.js";
import { retentionOf } from "../../log/retention.js";
import { cut, visible, word } from "../../text/safe-text.js";
import { type Command, type CommandIo, defineCommand, UsageError } from "../input/command.js";
import { parseMoment } from "../input/flag-values.js";
import { JOURNAL_FLAGS, withJournal, withSource } from "../input/open-source.js";
import { wholeId } from "../input/query-flags.js";
import { ACTING_FLAGS, aboutOf, writeLog } from "../input/write-journal.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";
import { Table } from "../output/table.js";
import { wrapped } from "../output/terminal.js";

/** How much of an id a narrow table shows: its first group. `quorumlog release` takes it. */
const SHORT = 8;

const HOLDING = { command: "hold", verb: "hold", instead: "audit.hold" };

/** `quorumlog hold`: keeps entries from being pruned, or lists what does. */
export const hold: Command = defineCommand({
  name: "hold",
  about: "Keeps entries from being pruned until a release, or lists the holds in force",
  operands: ["JOURNAL"],
  flags: {
    list: { type: "boolean", about: "list the holds in force, and change nothing" },
    proposal: {
      type: "string",
      value: "ID",
      about: "hold all entries of this proposal: an id or its last part",
    },
    before: {
      type: "string",
      value: "TIME",
      about: "hold all that happened or was recorded before this time, such as 2026-04-14",
    },
    ...ACTING_FLAGS,
    ...JOURNAL_FLAGS,
  },
  details: [
    "Pruning stops before the first entry that a hold covers. The hold is an entry of the log itself,",
    "and its id is the id of the hold: see quorumlog release. --list reads every line of the journal.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.hold({ proposalId }, reason), which does the same. --list also works while an app writes.",
  ],
  examples: [
    {
      line: 'quorumlog hold governance.db --proposal 7f3a --reason "case 2026-118"',
      about: "a proposal",
    },
    {
      line: "quorumlog hold governance.db --before 2026-04-14 --reason audit --actor did:eve",
      about: "all of before a day",
    },
    { line: "quorumlog hold governance.db --list", about: "what is held" },
  ],
  async run(args, io) {
    const { flags, json } = args;
    if (flags.list === true) {
      const stray = ["proposal", "before", "reason", "actor", "actor-type"] as const;
      const given = stray.find((name) => flags[name] !== undefined);
      if (given !== undefined) throw new UsageError(`--list and --${given} exclude each other`);
      const held = await withJournal(
        args,
        io,
        "hold",
        async (journal) => retentionOf(journal).holds.inForce,
      );
      await send(listed(held, json, io), io.stdout, io);
      return EXIT.done;
    }
    const { proposal, reason } = flags;
    if ((proposal === undefined) === (flags.before === undefined))
      throw new UsageError("either --proposal or --before is needed, or --list");
    if (reason === undefined) throw new UsageError("--reason is missing");
    const about = aboutOf(flags);
    const before = flags.before && parseMoment(flags.before, "before", io.now());
    const proposalId =
      proposal && (await withSource(args, io, (one) => wholeId(one, "proposalId", proposal, io)));
    const scope = { proposalId, before, actorDid: flags.actor } as HoldScope;
    const entry = await writeLog(
      args,
      io,
      HOLDING,
      (audit) => audit.hold(scope, reason, about),
      { finishesPruning: false }, // it could remove what is to be held
    );
    const { id, sequence, details } = entry;
    await io.stdout.write(
      json
        ? jsonLine({ id, sequence, heldFrom: details.held_from })
        : `hold ${id} is in force: nothing is pruned from entry ${details.held_from} on\n`,
    );
    return EXIT.done;
  },
});

function* listed(
  holds: readonly Hold[],
  json: boolean,
  io: CommandIo,
): Generator<string, void, undefined> {
  if (json) {
    for (const held of holds) yield jsonLine(held);
    return;
  }
  if (holds.length === 0) yield "no hold is in force\n";
  const { columns } = io.stdout;
  const isNarrow = columns !== undefined;
  const table = new Table<Hold>(io, {
    columns: () => [
      { title: "hold", cell: ({ id }) => id, briefCell: ({ id }) => id.slice(0, SHORT) },
      { title: "since", cell: ({ since }) => since },
      { title: "from entry", alignRight: true, cell: ({ heldFrom }) => String(heldFrom) },
      { title: "holds", cell: scopeInWords },
      { title: "actor", cell: ({ actorDid = "" }) => actorDid },
      ...(isNarrow ? [] : [{ title: "reason", cell: ({ reason = "" }: Hold) => reason }]),
    ],
  });
  if (!isNarrow) return yield* table.lines(holds);
  // a terminal would cut the reason, so it has lines of its own
  const [header = "", ...rows] = table.lines(holds);
  if (holds.length > 0) yield header;
  for (const [index, { reason = "" }] of holds.entries()) {
    yield rows[index] ?? "";
    if (reason !== "") yield `${wrapped(`  reason: ${visible(reason)}`, columns, 4)}\n`;
  }
}

function scopeInWords({ proposalId, heldBefore = "" }: Hold): string {
  return visible(proposalId === undefined ? `before ${heldBefore}` : proposalId);
}

const RELEASING = { command: "release", verb: "release", instead: "audit.release" };

/** `quorumlog release`: ends a hold. */
export const release: Command = defineCommand({
  name: "release",
  about: "Releases a hold, so that its entries can be pruned again",
  operands: ["JOURNAL", "HOLD"],
  flags: { ...ACTING_FLAGS, ...JOURNAL_FLAGS },
  details: [
    "HOLD is an id that quorumlog hold JOURNAL --list shows, or its beginning. The release is an entry",
    "of the log.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.release({ holdId }, reason), which does the same.",
  ],
  examples: [
    {
      line: "quorumlog release governance.db 3b1f6c0a --reason closed",
      about: "end a hold",
    },
  ],
  async run(args, io) {
    const { operands, flags, json } = args;
    const [name = "", given = ""] = operands;
    const { reason, actor: actorDid } = flags;
    if (reason === undefined) throw new UsageError("--reason is missing");
    const about = aboutOf(flags);
    const { sequence, details } = await writeLog(args, io, RELEASING, (audit) => {
      const holdId = wholeHoldId(audit.holds(), given, name);
      return audit.release({ holdId, actorDid }, reason, about);
    });
    const { hold_id: holdId } = details;
    await io.stdout.write(
      json ? jsonLine({ holdId, sequence }) : `hold ${holdId} is released by entry ${sequence}\n`,
    );
    return EXIT.done;
  },
});

/** The id of the one hold whose id is a text or begins with it. Throws `UsageError`. */
function wholeHoldId(holds: readonly Hold[], text: string, journal: string): string {
  const list = `quorumlog hold ${word(journal)} --list shows all`;
  // a table that is too narrow ends an id with an ellipsis
  const start = text.replace(/…$/, "").toLowerCase();
  const [one, other] = start === "" ? [] : holds.filter(({ id }) => id.startsWith(start));
  if (one === undefined)
    throw new UsageError(`HOLD: no hold in force has the id ${cut(word(text), 120)}; ${list}`);
  if (other !== undefined)
    throw new UsageError(`HOLD: the ids of several holds begin with ${word(start)}; ${list}`);
  return one.id;
}
