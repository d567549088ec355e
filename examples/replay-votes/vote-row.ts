import type { VoteDecision } from "quorumlog";

/** The columns of the file, in this order. */
export const COLUMNS = ["id", "voter", "vote", "start", "iso"] as const;

/** The words of the file. A veto is the strongest form of a no. */
const DECISIONS: ReadonlyMap<string, VoteDecision> = new Map([
  ["yes", "approve"],
  ["no", "reject"],
  ["veto", "reject"],
  ["abstain", "abstain"],
]);

const MAX_VOTER_LENGTH = 256;
/** The log takes times up to 2262-04-11. */
const END_OF_TIME = Date.UTC(2262, 0);

/** One vote of the file. */
export interface VoteRow {
  readonly proposal: string;
  readonly voter: string;
  readonly decision: VoteDecision;
  /** The word in the file. */
  readonly original: string;
  /** When the vote on the proposal started. The file does not say when each vote was cast. */
  readonly start: Date;
}

/** The file cannot be replayed. The message says where and why. */
export class MalformedVotes extends Error {
  override readonly name: string = "MalformedVotes";
}

/**
 * Checks one row.
 *
 * @param fields - As many as there are columns.
 * @param where - File and line, for the message.
 */
export function voteRow(fields: readonly string[], where: string): VoteRow {
  const [proposal = "", voter = "", original = "", start = "", iso = ""] = fields;
  if (!/^[1-9][0-9]*$/.test(proposal)) throw malformed(where, "id", proposal, "a positive number");
  if (voter === "" || voter.length > MAX_VOTER_LENGTH)
    throw malformed(where, "voter", voter, `who voted, in at most ${MAX_VOTER_LENGTH} characters`);
  const decision = DECISIONS.get(original);
  if (decision === undefined)
    throw malformed(where, "vote", original, `one of ${[...DECISIONS.keys()].join(", ")}`);
  const date = new Date(/^[0-9]{1,13}$/.test(start) ? Number(start) : Number.NaN);
  if (!(date.getTime() < END_OF_TIME))
    throw malformed(where, "start", start, "milliseconds from 1970 to 2262");
  if (date.toISOString() !== iso)
    throw malformed(where, "iso", iso, `${date.toISOString()}, as start says`);
  return { proposal, voter, decision, original, start: date };
}

function malformed(where: string, column: string, value: string, expected: string): MalformedVotes {
  return new MalformedVotes(
    `${where}: ${column}: expected ${expected}, got ${JSON.stringify(value.slice(0, 80))}`,
  );
}
