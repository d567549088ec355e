import type { AuditEntry } from "../../entry/audit-entry.js";
import { formatTimestamp } from "../../entry/timestamp.js";
import { quoted } from "../../text/safe-text.js";
import { isImported, millisOf, recordedMillisOf } from "../facts/facts-of.js";
import type { Judgement } from "../facts/finding.js";
import type { ProposalFacts } from "../facts/proposal-facts.js";
import { type Rule, type TrailFacts, violatedOr } from "../facts/rule.js";
import { ALL_SUBJECTS, isRevoking } from "../facts/standing.js";
import { type StandingEvent, untilOf } from "../facts/standing-facts.js";
import { timelinessOf, timesInWords } from "../facts/timeliness.js";

/** The rules about grants, revocations, and what may happen under them. */
export const AUTHORIZATION_RULES: readonly Rule[] = [
  {
    id: "grant-without-consensus",
    title: "A grant follows a passed result of its proposal",
    reason: "Without a decision, nobody may run.",
    needs: "the result; that there is none is only shown by a trail without a gap",
    severity: "error",
    onGrant: withoutConsensus,
  },
  {
    id: "grant-after-rejection",
    title: "A rejected proposal leads to no grant",
    reason: "A refusal must hold.",
    needs: "the result and the grant",
    severity: "error",
    onGrant(grant, file) {
      if (file?.rejected === undefined || file.passed !== undefined) return undefined;
      return {
        ...about(grant),
        status: "violated",
        sequences: [file.rejected.sequence, grant.sequence],
        message: `${quoted(grant.subjectId)} was authorized after its proposal was rejected`,
      };
    },
  },
  {
    id: "grant-mismatch",
    title: "A grant has the subject and the kind of its proposal",
    reason: "A decision about one subject authorizes no other.",
    needs: "the entry of the proposal, with its subject and its kind",
    severity: "error",
    onGrant: mismatch,
  },
  {
    id: "revoke-without-grant",
    title: "A revocation ends an authorization that is in force",
    reason: "A revocation that ends nothing may have named the wrong subject.",
    needs: "the trail without a gap",
    severity: "warning",
    onRevocation(revocation, _file, { standing, isComplete }) {
      const { subjectId, sequence } = revocation;
      // an emergency stop of everything is right even where nothing runs
      if (subjectId === ALL_SUBJECTS && revocation.kind === "emergency-freeze") return undefined;
      const ended = standing
        .endedBy(revocation)
        .map(({ validUntilMillis: until }) =>
          Number.isNaN(until) ? "in time" : timelinessOf(revocation, lastBefore(until)),
        );
      if (ended.includes("in time")) return undefined;
      if (ended.includes("unknown"))
        return {
          ...about(revocation),
          status: "undetermined",
          sequences: [sequence],
          message:
            `the revocation of ${quoted(subjectId)} ${timesInWords(revocation)}; ` +
            "what it could end expired between them",
        };
      return violatedOr(
        isComplete,
        {
          ...about(revocation),
          sequences: [sequence],
          message: `${quoted(subjectId)} had no authorization in force that this could end`,
        },
        "entries are missing, and the grant may be among them",
      );
    },
  },
  {
    id: "revoke-without-consensus",
    title: "A revocation follows a decision to revoke",
    reason: "In an emergency, one node may stop a subject alone (break-glass). Others must see it.",
    needs: "the trail without a gap; the policy names the kinds that are break-glass",
    severity: "warning",
    onRevocation(revocation, file, { policy, isComplete, standing }) {
      const decided = isDecided(revocation, file, (kind) => standing.confers(kind));
      const isAboutIt = file?.creation?.subjectId !== undefined;
      if (decided && (isAboutIt || revocation.subjectId === ALL_SUBJECTS)) return undefined;
      if (policy.kinds?.[revocation.kind ?? ""]?.breakGlass === true) return undefined;
      if (decided)
        return {
          ...about(revocation),
          status: "undetermined",
          sequences: [revocation.sequence],
          message: "the proposal names no subject, so it cannot be compared with the revocation",
        };
      return violatedOr(
        isComplete,
        {
          ...about(revocation),
          sequences: [revocation.sequence],
          message: `${quoted(revocation.subjectId)} was stopped without a decision (break-glass)`,
        },
        "entries are missing, and the decision may be among them",
      );
    },
  },
  {
    id: "unauthorized-action",
    title: "An operation that needs an authorization has one",
    reason: "A decision is worth nothing if others act without it.",
    needs: "requiresAuthorization in the policy, and the trail without a gap",
    severity: "error",
    onEntry: (entry, facts) => action(entry, facts, "unauthorized-action"),
  },
  {
    id: "expired-authorization",
    title: "An authorization is granted and used before it ends",
    reason: "A right that has ended permits nothing.",
    needs: "valid_until of the grant; for its use, requiresAuthorization in the policy",
    severity: "error",
    onGrant(grant) {
      const { sequence, validUntilMillis, subjectId } = grant;
      const timeliness = timelinessOf(grant, lastBefore(validUntilMillis));
      if (validUntilMillis === undefined || timeliness === "in time") return undefined;
      if (Number.isNaN(validUntilMillis))
        return {
          ...about(grant),
          status: "undetermined",
          sequences: [sequence],
          message: `the valid_until of the grant to ${quoted(subjectId)} is no time`,
        };
      const until = formatTimestamp(validUntilMillis);
      if (timeliness === "unknown")
        return {
          ...about(grant),
          status: "undetermined",
          sequences: [sequence],
          message:
            `${quoted(subjectId)} was authorized until ${until}; ` +
            `the grant ${timesInWords(grant)}`,
        };
      return {
        ...about(grant),
        status: "violated",
        sequences: [sequence],
        message: `${quoted(subjectId)} was authorized until ${until}, which had passed already`,
      };
    },
    onEntry: (entry, facts) => action(entry, facts, "expired-authorization"),
  },
];

/** Whether a revocation rests on a decision: a passed proposal to stop the same subject. */
export function isDecided(
  {
    subjectId,
    kind,
  }: { readonly subjectId: string | undefined; readonly kind: string | undefined },
  file: ProposalFacts | undefined,
  confers: (kind: string | undefined) => boolean,
): boolean {
  if (file?.passed === undefined) return false;
  const { creation } = file;
  if (creation?.kind === undefined) return false;
  return (
    (creation.subjectId === undefined || creation.subjectId === subjectId) &&
    (isRevoking(creation.kind) || (creation.kind === kind && !confers(kind)))
  );
}

function withoutConsensus(
  grant: StandingEvent,
  file: ProposalFacts | undefined,
  facts: TrailFacts,
): Judgement | undefined {
  const { isComplete, standing } = facts;
  const { sequence, subjectId, millis } = grant;
  const passed = file?.passed;
  if (passed === undefined && file?.rejected !== undefined) return undefined;
  const began = file?.creation?.sequence;
  const reason =
    passed === undefined
      ? "was authorized without a passed result"
      : began === undefined || began > passed.sequence
        ? "was authorized by a result of a proposal that nobody had made"
        : undefined;
  if (reason !== undefined)
    return violatedOr(
      isComplete,
      { ...about(grant), sequences: [sequence], message: `${quoted(subjectId)} ${reason}` },
      "entries are missing, and the decision may be among them",
    );
  // a decision authorizes once: what it granted was ended since, and nobody decided anew
  const earlier = file?.effectOf("authorization_granted");
  if (earlier === undefined || file === undefined) return proposedBeforeFreeze(grant, began, facts);
  if (standing.isInForce(subjectId, millis, { proposalId: file.proposalId })) {
    const longest = file.longestGrant;
    if (longest !== undefined && !(untilOf(grant) > untilOf(longest))) return undefined;
    return {
      ...about(grant),
      status: "violated",
      sequences: [earlier.sequence, sequence],
      message:
        `${quoted(subjectId)} was authorized for longer ` +
        "by a decision that was carried out before",
    };
  }
  return {
    ...about(grant),
    status: "violated",
    sequences: [earlier.sequence, sequence],
    message: `${quoted(subjectId)} was authorized again by a decision that was carried out before`,
  };
}

/**
 * A freeze ends what was proposed before it. Whoever voted did not know the emergency, also where
 * the result was recorded later.
 */
function proposedBeforeFreeze(
  grant: StandingEvent,
  began: number | undefined,
  { standing }: TrailFacts,
): Judgement | undefined {
  const freeze = standing.lastFreeze(grant.subjectId);
  if (began === undefined || freeze < began) return undefined;
  return {
    ...about(grant),
    status: "violated",
    sequences: [began, freeze, grant.sequence],
    message: `${quoted(grant.subjectId)} was authorized by a proposal from before it was frozen`,
  };
}

function mismatch(
  grant: StandingEvent,
  file: ProposalFacts | undefined,
  { isComplete }: TrailFacts,
): Judgement | undefined {
  const { sequence, subjectId, kind } = grant;
  // nobody decided what nobody proposed: grant-without-consensus reports it
  if (file === undefined || (file.creation === undefined && isComplete)) return undefined;
  if (file.creation === undefined)
    return {
      ...about(grant),
      status: "undetermined",
      sequences: [sequence],
      message: "the entry of the proposal is missing",
    };
  const { creation } = file;
  const differs =
    creation.subjectId !== undefined && creation.subjectId !== subjectId
      ? `the proposal is about ${quoted(creation.subjectId)}, ` +
        `but ${quoted(subjectId)} was authorized`
      : creation.kind !== undefined && kind !== undefined && creation.kind !== kind
        ? `the proposal has the kind ${quoted(creation.kind)}, but the grant has ${quoted(kind)}`
        : undefined;
  const left =
    creation.subjectId === undefined ? "subject" : creation.kind === undefined ? "kind" : undefined;
  if (differs === undefined && left === undefined) return undefined;
  return {
    ...about(grant),
    status: differs === undefined ? "undetermined" : "violated",
    sequences: [creation.sequence, sequence],
    message: differs ?? `the proposal names no ${left}, so it cannot be compared with the grant`,
  };
}

function action(
  entry: AuditEntry,
  facts: TrailFacts,
  rule: "unauthorized-action" | "expired-authorization",
): Judgement | undefined {
  if (facts.policy.requiresAuthorization?.includes(entry.operation) !== true) return undefined;
  const { sequence, operation, subjectId, actorDid, proposalId } = entry;
  const refused = facts.file(proposalId);
  const who = [subjectId, actorDid].filter((id) => id !== undefined);
  const named = { sequences: [sequence], ...(subjectId === undefined ? {} : { subjectId }) };
  if (refused?.rejected !== undefined && refused.passed === undefined)
    return rule === "unauthorized-action"
      ? {
          ...named,
          status: "violated",
          sequences: [refused.rejected.sequence, sequence],
          message: `${quoted(operation)} happened after its proposal was rejected`,
        }
      : undefined;
  const millis = millisOf(entry);
  const answers = who.map((id) => facts.isAuthorized(id, millis));
  if (answers.includes("yes")) {
    // dated back to before the authorization ended
    const recorded = isImported(entry) ? millis : recordedMillisOf(entry);
    if (rule === "unauthorized-action" || recorded <= millis) return undefined;
    if (who.some((id) => facts.isAuthorized(id, recorded) === "yes")) return undefined;
    return {
      ...named,
      status: "undetermined",
      message:
        `${quoted(operation)} was recorded after the authorization ended, ` +
        "and says that it happened before",
    };
  }
  const expired = who.find(
    (id) =>
      facts.standing.isInForce(id, Number.NEGATIVE_INFINITY) &&
      !facts.standing.isInForce(id, millis),
  );
  const isMine = (expired === undefined) === (rule === "unauthorized-action");
  if (!isMine) return undefined;
  if (answers.includes("unknown"))
    return {
      ...named,
      status: "undetermined",
      message: facts.isComplete
        ? `the trail does not show whether ${quoted(operation)} happened under an authorization`
        : "entries are missing, and the grant or its end may be among them",
    };
  return {
    ...named,
    status: "violated",
    message:
      expired === undefined
        ? `${quoted(operation)} happened, but neither its subject nor its actor was authorized`
        : `${quoted(operation)} happened after the authorization of ${quoted(expired)} ended`,
  };
}

/** The last moment at which something is valid. Times are whole milliseconds. */
function lastBefore(untilMillis: number | undefined): number | undefined {
  return untilMillis === undefined ? undefined : untilMillis - 1;
}

function about({ subjectId }: StandingEvent): { readonly subjectId: string } {
  return { subjectId };
}
