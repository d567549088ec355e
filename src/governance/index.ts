/**
 * Answers from the trail of a log: {@link replay} folds its entries, judges them by {@link RULES}
 * and a {@link Policy}, and says who was authorized, by which valid decision.
 *
 * @packageDocumentation
 */

export type * from "./cases.js";
export { entriesOf, entriesOfLines, type PagedReader } from "./entries-of.js";
export type { Finding, FindingStatus, Judgement, Severity } from "./facts/finding.js";
export type { Member, MemberFacts, Membership } from "./facts/members.js";
export {
  type Approval,
  type KindPolicy,
  type Policy,
  policyOf,
  type Share,
} from "./facts/policy.js";
export type {
  ActorType,
  CastVote,
  Creation,
  DoubleVote,
  Effect,
  EntryTimes,
  Flag,
  FlagState,
  NodeEffect,
  ProposalFacts,
  Result,
  TimeSpan,
} from "./facts/proposal-facts.js";
export type { QuorumCheck } from "./facts/quorum.js";
export type { Judged, Rule, TrailFacts } from "./facts/rule.js";
export type {
  Answer,
  Authorization,
  AuthorizationEnd,
  GrantFilter,
  StandingEvent,
  StandingFacts,
} from "./facts/standing-facts.js";
export type { Tally } from "./facts/way.js";
export type { At } from "./fold.js";
export type { ByActor, Durations, Oversight, OversightPeriod, Stop } from "./oversight.js";
export { type ReplayOptions, replay, replayFrom } from "./replay.js";
export { RULES } from "./rules/rules.js";
export type { GovernanceTrail } from "./trail.js";
