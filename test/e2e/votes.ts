import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "csv-parse/sync";
import type { Vote } from "quorumlog";

const FILE = resolve(import.meta.dirname, "../../../shared/data/mantadao-votes-1-213.csv");

/** How many votes to make if the recorded ones are missing. */
const MADE = 3000;

const DECISIONS: Readonly<Record<string, Vote["decision"]>> = {
  yes: "approve",
  no: "reject",
  veto: "reject",
  abstain: "abstain",
};

/** The recorded votes of a DAO, or made-up ones if they are missing. */
export function votes(): Pick<Vote, "voteId" | "proposalId" | "voterDid" | "decision">[] {
  if (!existsSync(FILE)) {
    console.warn(
      "\n!!! SKIPPED: the recorded votes, since ../shared/data is not there; made ones instead\n",
    );
    return Array.from({ length: MADE }, (_, index) => ({
      voteId: `v${index}`,
      proposalId: `p${Math.floor(index / 40)}`,
      voterDid: `did:pqaid:node-${index % 97}`,
      decision: index % 3 === 0 ? "reject" : "approve",
    }));
  }
  const rows: Record<string, string>[] = parse(readFileSync(FILE), { columns: true });
  return rows.map(({ id = "", voter = "", vote = "" }, index) => ({
    voteId: `urn:vote:${index}`,
    proposalId: `urn:proposal:${id}`,
    voterDid: `did:manta:${voter}`,
    decision: DECISIONS[vote] ?? "abstain",
  }));
}
