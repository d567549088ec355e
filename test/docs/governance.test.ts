import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { policyOf } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";
import { RULES } from "../../src/governance/rules/rules.js";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { isValid } from "../fixtures/json-schema.js";
import { TrailWriter } from "../fixtures/trail.js";
import { CASES } from "../governance/rule-cases.js";

const DOCS = resolve(import.meta.dirname, "../../docs");
const DOCUMENT = readFileSync(resolve(DOCS, "governance.md"), "utf8");
const SCHEMA = JSON.parse(readFileSync(resolve(DOCS, "schemas/policy.schema.json"), "utf8"));
/** The policies that the document shows, by the name of their file. */
const POLICIES = [...DOCUMENT.matchAll(/^`(\w+\.json)`:\n\n```json\n(.*?)^```$/gms)].map(
  ([, name = "", text = ""]) => ({ name, text }),
);

describe("docs/governance.md", () => {
  test("shows what its commands really print; after a wanted change, paste it", async () => {
    const cwd = temporaryFolder();
    for (const { name, text } of POLICIES) writeFileSync(resolve(cwd, name), text);
    const shown = [...DOCUMENT.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block]) => block);
    const real: string[] = [];
    for (const block of shown) {
      const [, line = ""] = /^\$ quorumlog (.*)\n/.exec(block ?? "") ?? [];
      const { screen } = await quorumlog(line.split(" "), {
        cwd,
        columns: 100,
        env: { NO_COLOR: "1" },
      });
      real.push(`$ quorumlog ${line}\n${screen.replaceAll(cwd, "/srv")}`);
    }
    expect(real.join("\n")).toBe(shown.join("\n"));
  });

  test("lists every rule, and what a finding of it says", () => {
    expect(part("rules")).toBe(rulesTable());
  });

  test("lists every member of a policy", () => {
    expect(part("policy")).toBe(policyTable());
  });

  test("shows policies that policyOf and the schema accept", () => {
    expect(POLICIES.map(({ name }) => name)).toEqual(["quorum.json", "humans.json"]);
    for (const { text } of POLICIES) {
      const policy = JSON.parse(text);
      expect(policyOf(policy)).toEqual(policy);
      expect(isValid(policy, SCHEMA, SCHEMA)).toBe(true);
    }
  });
});

/** What stands between two marks of the document. */
function part(name: string): string | undefined {
  return new RegExp(`<!-- ${name}: .*? -->\n\n(.*?)\n*<!-- end of ${name} -->`, "s").exec(
    DOCUMENT,
  )?.[1];
}

function rulesTable(): string {
  return tableOf(
    ["rule", "severity", "what it says, and why", "what it needs", "example of a finding"],
    RULES.map(({ id, severity, title, reason, needs }) => [
      `\`${id}\``,
      severity,
      `**${title}.** ${reason}`,
      withCode(needs),
      exampleOf(id),
    ]),
  );
}

/** The message of the first case of a rule that is violated. */
function exampleOf(rule: string): string {
  const [{ name, write, policy = {}, missing = 0 } = expect.fail()] = (
    CASES[rule]?.cases ?? []
  ).filter(({ expected }) => expected[0] === "violated");
  const trail = new TrailWriter().federation();
  write(trail);
  const [finding] = replay(trail.entries.slice(missing), { policy })
    .findings()
    .filter((one) => one.rule === rule);
  return `${name}: \`${finding?.message}\``;
}

function policyTable(): string {
  const kind = Object.entries<{ description?: string; $ref?: string }>(
    SCHEMA.$defs.kind.properties,
  ).map(([name, { description }]) => [
    `kinds.KIND.${name}`,
    description ?? `As \`${name}\`, for one kind.`,
  ]);
  const rows = Object.entries<{ description: string }>(SCHEMA.properties).flatMap(
    ([name, { description }]) => [[name, description], ...(name === "kinds" ? kind : [])],
  );
  return tableOf(
    ["member", "what it says", "default"],
    rows.map(([name = "", description = ""]) => [
      `\`${name}\``,
      withCode(description),
      DEFAULTS[name.replace("kinds.KIND.", "")] ?? expect.fail(`no default of ${name}`),
    ]),
  );
}

/** Names of the API stand in code. */
function withCode(text: string): string {
  return text.replaceAll(/\b[a-z]+(?:_[a-z_]+|[A-Z]\w+)\b/g, "`$&`");
}

/** What holds where a policy does not say it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  $schema: "none",
  participation: "not judged",
  approval: "the recorded threshold, else not judged",
  kinds: "none",
  votes: "not judged",
  humanApprovals: "0",
  confersStanding: "`false`; `authorize-model`, `authorize-agent` and `delegation` always do",
  breakGlass: "`false`",
  conflictingVotes: "any of the three that gives the result",
  changedVotes: "either that gives the result",
  membershipAt: "undetermined, unless each of them gives the result",
  decideWithinSeconds: "not judged",
  enactWithinSeconds: "pending for ever",
  recordWithinSeconds: "not judged",
  requiresAuthorization: "none",
  services: "none",
  since: "everything is judged",
  rules: "as the rule says",
};

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => "---"), ...rows]
    .map((cells) =>
      `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replaceAll(
        /^\| (?:--- \| )+--- \|$/g,
        `|${"---|".repeat(titles.length)}`,
      ),
    )
    .join("\n");
}
