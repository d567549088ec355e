import { type Command, defineCommand } from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { TRAIL_DETAILS, TRAIL_FLAGS, trailExit, withTrail } from "../input/trail-of.js";
import { jsonLine, send } from "../output/command-io.js";
import {
  authorizationTable,
  factLines,
  momentFacts,
  verificationJson,
  verificationLine,
} from "../output/trail-text.js";

/** `quorumlog standing`: all authorizations in force. */
export const standing: Command = defineCommand({
  name: "standing",
  about: "Lists all authorizations that are in force",
  operands: ["[SOURCE]"],
  flags: { ...TRAIL_FLAGS, ...SOURCE_FLAGS },
  details: [...TRAIL_DETAILS, "", ...SOURCE_DETAILS],
  examples: [
    { line: "quorumlog standing governance.db", about: "who may run now" },
    {
      line: "quorumlog standing governance.db --at 2026-04-14T12:05:00Z",
      about: "who could run then",
    },
  ],
  run: (args, io) =>
    withTrail(args, io, async ({ trail, verification }) => {
      const inForce = trail.standing();
      const pieces = args.json
        ? [...verificationJson(verification), ...inForce.map(jsonLine)]
        : [
            verificationLine(verification, io),
            factLines([["in force", String(inForce.length)], ...momentFacts(trail)], io),
            inForce.length > 0 ? "\n" : "",
            ...authorizationTable(io, true).lines(inForce),
          ];
      await send(pieces, io.stdout, io);
      return trailExit(verification, !trail.isComplete);
    }),
});
