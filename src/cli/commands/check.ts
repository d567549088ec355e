import type { Finding } from "../../governance/facts/finding.js";
import { counted } from "../../text/safe-text.js";
import { type Command, defineCommand } from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { TRAIL_DETAILS, TRAIL_FLAGS, withTrail } from "../input/trail-of.js";
import { EXIT } from "../output/exit-code.js";
import { overall } from "../output/report-text.js";
import { jsonLine, send } from "../output/send.js";
import { styled } from "../output/terminal.js";
import {
  factLines,
  findingLines,
  momentFacts,
  verificationJson,
  verificationLine,
} from "../output/trail-text.js";

/** `quorumlog check`: what in a trail breaks the rules. */
export const check: Command = defineCommand({
  name: "check",
  about: "Says what in a trail breaks the rules of governance, or cannot be told",
  operands: ["[SOURCE]"],
  flags: { ...TRAIL_FLAGS, ...SOURCE_FLAGS },
  details: [
    "docs/governance.md describes rules and policy. A finding names the entries that it rests on.",
    ...TRAIL_DETAILS,
    "",
    ...SOURCE_DETAILS,
    "",
    "Exit code 0: nothing of severity error is violated. 1: something is, or the source failed",
    "verification. 3: it cannot be told, or there is no entry to check.",
  ],
  examples: [
    { line: "quorumlog check governance.db", about: "by the rules that need no policy" },
    {
      line: "quorumlog check governance.ndjson --policy policy.json --key governance.vkey",
      about: "an export, verified first",
    },
  ],
  run: (args, io) =>
    withTrail(args, io, async ({ trail, verification, policySha256 }) => {
      const findings = trail.findings();
      const policy =
        policySha256 === undefined
          ? "none: what needs one is not judged"
          : `sha256 ${policySha256}`;
      const verdict = verification && overall(verification);
      const isEmpty = trail.lastSequence < 0;
      if (args.json) {
        const lines = [...verificationJson(verification), ...findings.map(jsonLine)];
        await send(lines, io.stdout, io);
        await io.stderr.write(`policy: ${policy}\n${isEmpty ? `${NOTHING}\n` : ""}`);
      } else {
        const pieces = [
          verificationLine(verification, io),
          `${isEmpty ? NOTHING : headline(findings, io)}\n\n`,
          factLines([["policy", policy], ...momentFacts(trail)], io),
          findings.length > 0 ? "\n" : "",
          ...findingLines(findings, io),
        ];
        await send(pieces, io.stdout, io);
      }
      const isError = ({ severity }: Finding): boolean => severity === "error";
      const isOpen = ({ status }: Finding): boolean => status === "undetermined";
      if (verdict === "failed" || findings.some((one) => isError(one) && one.status === "violated"))
        return EXIT.verificationFailed;
      return isEmpty || verdict === "unknown" || findings.some((one) => isError(one) && isOpen(one))
        ? EXIT.unreadable
        : EXIT.done;
    }),
});

const NOTHING = "nothing to check: there is no entry at that moment";

function headline(findings: readonly Finding[], io: Parameters<typeof styled>[2]): string {
  const violated = findings.filter(({ status }) => status === "violated");
  const count = (severity: Finding["severity"]): number =>
    violated.filter((finding) => finding.severity === severity).length;
  const open = findings.filter(({ status }) => status === "undetermined").length;
  const [errors, warnings, infos] = [count("error"), count("warning"), count("info")];
  const parts = [
    errors > 0 ? counted(errors, "error") : "no errors",
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
    ...(infos > 0 ? [`${infos} for information`] : []),
    ...(open > 0 ? [`${open} undetermined`] : []),
  ];
  return styled(errors > 0 ? "red" : undefined, parts.join(", "), io);
}
