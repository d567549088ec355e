import type { Command } from "./command.js";
import { checkpoint } from "./commands/checkpoint.js";
import { demo } from "./commands/demo.js";
import { exportCommand } from "./commands/export.js";
import { keygen } from "./commands/keygen.js";
import { prove } from "./commands/prove.js";
import { query } from "./commands/query.js";
import { rejected } from "./commands/rejected.js";
import { resend } from "./commands/resend.js";
import { stats } from "./commands/stats.js";
import { tail } from "./commands/tail.js";
import { verifyCommand } from "./commands/verify.js";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  demo,
  query,
  tail,
  stats,
  exportCommand,
  rejected,
  resend,
  keygen,
  checkpoint,
  prove,
  verifyCommand,
];
