import { createReadStream } from "node:fs";
import { CsvError, parse } from "csv-parse";
import { COLUMNS, MalformedVotes, type VoteRow, voteRow } from "./vote-row.ts";

/** The votes on one proposal, in the order of the file. */
export interface Proposal {
  readonly id: string;
  readonly start: Date;
  readonly votes: readonly VoteRow[];
}

/** What csv-parse yields with `info: true`. */
interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads the file as a stream and groups its votes by proposal, oldest proposal first, whatever the
 * order in the file.
 *
 * Throws {@link MalformedVotes}, with the number of the line, for a file that is missing or
 * malformed.
 */
export async function readProposals(path: string): Promise<Proposal[]> {
  const gathered = new Map<string, Gathered>();
  let header: readonly string[] | undefined;
  for await (const { record, info } of parsedRows(path)) {
    const where = `${path}:${info.lines}`;
    if (header === undefined) header = checkedHeader(record, where);
    else gather(gathered, voteRow(record, where), where);
  }
  if (header === undefined) throw new MalformedVotes(`${path}: the file is empty`);
  const proposals = [...gathered].map(([id, { start, votes }]) => ({
    id,
    start,
    votes: [...votes.values()],
  }));
  return proposals.sort(
    (a, b) => a.start.getTime() - b.start.getTime() || Number(a.id) - Number(b.id),
  );
}

interface Gathered {
  readonly start: Date;
  readonly votes: Map<string, VoteRow>;
}

async function* parsedRows(path: string): AsyncGenerator<Parsed, void, undefined> {
  const file = createReadStream(path);
  const parser = parse({ bom: true, info: true, relax_column_count: false });
  file.on("error", (error) => parser.destroy(error)); // pipe() does not pass errors on
  try {
    yield* file.pipe(parser) as AsyncIterable<Parsed>;
  } catch (error) {
    throw readable(error, path);
  } finally {
    file.destroy();
  }
}

function readable(error: unknown, path: string): unknown {
  if (error instanceof CsvError)
    return new MalformedVotes(`${path}:${error["lines"]}: ${error.message}`, { cause: error });
  if (error instanceof Error && "syscall" in error)
    return new MalformedVotes(`cannot read the votes: ${error.message}`, { cause: error });
  return error;
}

function checkedHeader(record: readonly string[], where: string): readonly string[] {
  if (record.join() !== COLUMNS.join())
    throw new MalformedVotes(
      `${where}: expected the header ${COLUMNS.join()}, got ${JSON.stringify(record.join())}`,
    );
  return record;
}

function gather(gathered: Map<string, Gathered>, row: VoteRow, where: string): void {
  const { proposal, voter, start } = row;
  const found = gathered.get(proposal) ?? { start, votes: new Map<string, VoteRow>() };
  if (found.start.getTime() !== start.getTime())
    throw new MalformedVotes(
      `${where}: start: proposal ${proposal} started at ${found.start.toISOString()}`,
    );
  if (found.votes.has(voter))
    throw new MalformedVotes(`${where}: voter: ${voter} has voted on proposal ${proposal} before`);
  found.votes.set(voter, row);
  gathered.set(proposal, found);
}
