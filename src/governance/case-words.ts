import { counted } from "../text/safe-text.js";
import type { CaseEffect, CaseMention, CaseResult, CaseVote, SubjectCase } from "./cases.js";
import type { Member } from "./facts/members.js";
import type { QuorumCheck } from "./facts/quorum.js";
import type { Answer, Authorization } from "./facts/standing-facts.js";
import type { Tally } from "./facts/way.js";
import type { GovernanceTrail } from "./trail.js";

/*
 * The words of a case, for the command and for the report: both say the same of the same thing.
 */

/** Whether a passed result had the weight that it needs. */
export function quorumInWords({ status, reason }: QuorumCheck): string {
  const verdict = { kept: "met", violated: "NOT met", undetermined: "not told" }[status];
  return `${verdict}: ${reason}`;
}

/** The weights of a result. */
export function tallyInWords({ approve, reject, abstain, total }: Tally): string {
  return `approve ${approve}, reject ${reject}, abstain ${abstain} of ${total}`;
}

/** How many members there are, and of what weight. */
export function electorateInWords(members: readonly Member[]): string {
  const weight = members.reduce((sum, member) => sum + (member.weight ?? 0), 0);
  return `${counted(members.length, "member")} of weight ${weight}`;
}

/** Which entries a trail lacks; undefined where nothing is missing. */
export function missingInWords({
  isComplete,
  knownSince,
  lastSequence,
}: Pick<GovernanceTrail, "isComplete" | "knownSince" | "lastSequence">): string | undefined {
  if (isComplete) return undefined;
  if (lastSequence < 0) return "all entries are missing";
  return knownSince > lastSequence
    ? `entries are missing after #${lastSequence}`
    : `entries are missing before #${knownSince}`;
}

/** Which entries are missing that may hold a grant in force: none after a freeze of everything. */
export function missingGrantsInWords(trail: GovernanceTrail): string | undefined {
  return trail.isComplete || trail.subject("*").authorized === "no"
    ? undefined
    : missingInWords(trail);
}

/** What an actor is, and on whose behalf it acted, where an entry says so. */
function actorInWords({ actorType, onBehalfOf }: Partial<CaseVote>): string {
  return [actorType, onBehalfOf && `for ${onBehalfOf}`].filter(Boolean).join(" ");
}

/** Who signed a result, and for whom; empty where the entry does not say so. */
export function signedBy({ signerDid, onBehalfOf }: CaseResult): string {
  if (signerDid === undefined) return "";
  return `signed by ${signerDid}${onBehalfOf === undefined ? "" : ` for ${onBehalfOf}`}`;
}

/** Who enacted something and why, to stand behind what it was. */
export function enactedBy({ enactedBy: who, reason, ...effect }: CaseEffect): string {
  const actor = actorInWords(effect);
  const type = actor === "" ? "" : ` (${actor})`;
  return [who === undefined ? type : `, by ${who}${type}`, reason].filter(Boolean).join(": ");
}

/** Who cast a vote, and whether the voter was caught with two answers. */
export function voterInWords(vote: CaseVote): string {
  return [actorInWords(vote), vote.isFlagged ? "voted twice" : ""].filter(Boolean).join(", ");
}

/** Who recorded an operation of the app's own, where the entry says so. */
export function mentionedBy({ actorDid }: CaseMention): string {
  return actorDid === undefined ? "" : `, by ${actorDid}`;
}

/** Whether a subject may act, and whether by a valid decision. */
export function authorizedInWords({ authorized, authorizations }: SubjectCase): string {
  const current = authorizations.find(({ ended }) => ended === undefined);
  const authorizedBy = {
    yes: "authorized",
    no: "authorized, but not by a valid decision",
    unknown: "authorized; whether by a valid decision cannot be told",
  }[current?.isValid ?? "yes"];
  return { yes: authorizedBy, no: "not authorized", unknown: "unknown" }[authorized];
}

/** What stands behind the decision of an authorization: whether it is valid. */
export const VALIDITY: Readonly<Record<Answer, string>> = {
  yes: "",
  no: ", not valid",
  unknown: ", undetermined",
};

/** Until when an authorization holds or held; `never` for one that ends at no known time. */
export function untilOf(
  {
    ended,
    validUntil,
    isCertain,
  }: Pick<Authorization, "isCertain"> & Partial<Pick<Authorization, "ended" | "validUntil">>,
  never: string,
): string {
  return ended?.at ?? validUntil ?? (isCertain ? never : "unknown: entries are missing");
}
