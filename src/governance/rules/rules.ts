import type { Rule } from "../facts/rule.js";
import { AUTHORIZATION_RULES } from "./authorization-rules.js";
import { DECISION_RULES } from "./decision-rules.js";
import { TRAIL_RULES } from "./trail-rules.js";
import { VOTE_RULES } from "./vote-rules.js";

/** All rules that Quorumlog knows, in the order in which documents list them. */
export const RULES: readonly Rule[] = [
  ...AUTHORIZATION_RULES,
  ...VOTE_RULES,
  ...DECISION_RULES,
  ...TRAIL_RULES,
];
