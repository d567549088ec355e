import type { ByActor, Durations, Oversight } from "../../governance/oversight.js";
import { durationInWords } from "../../text/duration.js";
import { counted } from "../../text/safe-text.js";
import { type Command, defineCommand } from "../input/command.js";
import { parseMoment } from "../input/flag-values.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { QUERY_FLAGS } from "../input/query-flags.js";
import { TRAIL_DETAILS, TRAIL_FLAGS, trailExit, withTrail } from "../input/trail-of.js";
import { jsonLine, send } from "../output/send.js";
import {
  entriesInWords,
  type Fact,
  factLines,
  momentFacts,
  stopTable,
  verificationLine,
} from "../output/trail-text.js";

/** `quorumlog oversight`: who decided in a period, how fast, and with how much dissent. */
export const oversight: Command = defineCommand({
  name: "oversight",
  about: "Sums up a period: decisions by humans and agents, dissent, how fast, break-glass",
  operands: ["[SOURCE]"],
  flags: { since: QUERY_FLAGS.since, until: QUERY_FLAGS.until, ...TRAIL_FLAGS, ...SOURCE_FLAGS },
  details: [...TRAIL_DETAILS, "", ...SOURCE_DETAILS],
  examples: [
    {
      line: "quorumlog oversight governance.db --since 2026-01-01 --until 2026-04-01",
      about: "a quarter",
    },
  ],
  run: (args, io) =>
    withTrail(args, io, async ({ trail, verification }) => {
      const { since, until } = args.flags;
      const answer = trail.oversight({
        ...(since === undefined ? {} : { since: parseMoment(since, "since", io.now()) }),
        ...(until === undefined ? {} : { until: parseMoment(until, "until", io.now()) }),
      });
      const { stops } = answer;
      const pieces = args.json
        ? [jsonLine({ ...answer, verification })]
        : [
            verificationLine(verification, io),
            factLines([...factsOf(answer), ...momentFacts(trail)], io),
            stops.length > 0 ? "\n" : "",
            ...stopTable(io).lines(stops),
          ];
      await send(pieces, io.stdout, io);
      return trailExit(verification, !trail.isComplete);
    }),
});

function factsOf(answer: Oversight): Fact[] {
  const { proposals, votes, enactments, dissent, participation, breakGlass } = answer;
  return [
    ["proposals", countsInWords(proposals)],
    ["votes", actorsInWords(votes)],
    ["enacted", actorsInWords(enactments)],
    ["dissent", `${counted(dissent.votes, "vote")} in ${counted(dissent.proposals, "proposal")}`],
    ["voted", participation === undefined ? undefined : `${Math.round(participation * 100)} %`],
    ["to decide", durationsInWords(answer.timeToDecide)],
    ["to enact", durationsInWords(answer.timeToEnact)],
    ["to stop", durationsInWords(answer.timeToRevoke)],
    ["break-glass", breakGlass.length === 0 ? "none" : entriesInWords(breakGlass)],
  ];
}

function actorsInWords(by: ByActor): string {
  return countsInWords(by, { unknown: "not said who" });
}

function countsInWords(
  counts: Readonly<Record<string, number>>,
  names: Readonly<Record<string, string>> = {},
): string {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${names[name] ?? name}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function durationsInWords({ count, medianSeconds, maxSeconds }: Durations): string {
  if (medianSeconds === undefined || maxSeconds === undefined) return "none";
  const [median, longest] = [medianSeconds, maxSeconds].map(durationInWords);
  return `median ${median}, longest ${longest}, of ${count}`;
}
