import { missingGrantsInWords, missingInWords } from "../../governance/case-words.js";
import { type Command, defineCommand } from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { TRAIL_DETAILS, TRAIL_FLAGS, trailExit, withTrail } from "../input/trail-of.js";
import { jsonLine, send } from "../output/send.js";
import {
  authorizationTable,
  countFact,
  factLines,
  memberTable,
  momentFacts,
  verificationJson,
  verificationLine,
} from "../output/trail-text.js";

/** `quorumlog members`: the nodes of the federation and their weights. */
export const members: Command = defineCommand({
  name: "members",
  about: "Lists the members of the federation, and the weight of each",
  operands: ["[SOURCE]"],
  flags: { ...TRAIL_FLAGS, ...SOURCE_FLAGS },
  details: [...TRAIL_DETAILS, "", ...SOURCE_DETAILS],
  examples: [
    { line: "quorumlog members governance.db", about: "who may vote now" },
    { line: "quorumlog members governance.db --at 14", about: "who could vote after entry 14" },
  ],
  run: (args, io) =>
    withTrail(args, io, async ({ trail, verification }) => {
      const list = trail.members();
      const missing = missingInWords(trail);
      const total = list.reduce((sum, { weight = 0 }) => sum + weight, 0);
      const pieces = args.json
        ? [...verificationJson(verification), ...list.map(jsonLine)]
        : [
            verificationLine(verification, io),
            factLines(
              [
                countFact("members", list.length, `${list.length}, weight ${total}`, missing),
                ...momentFacts(trail),
              ],
              io,
            ),
            list.length > 0 ? "\n" : "",
            ...memberTable(io).lines(list),
          ];
      await send(pieces, io.stdout, io);
      return trailExit(verification, !trail.isComplete);
    }),
});

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
      const missing = missingGrantsInWords(trail);
      const pieces = args.json
        ? [...verificationJson(verification), ...inForce.map(jsonLine)]
        : [
            verificationLine(verification, io),
            factLines(
              [
                countFact("in force", inForce.length, String(inForce.length), missing),
                ...momentFacts(trail),
              ],
              io,
            ),
            inForce.length > 0 ? "\n" : "",
            ...authorizationTable(io, true).lines(inForce),
          ];
      await send(pieces, io.stdout, io);
      return trailExit(verification, !trail.isComplete);
    }),
});
