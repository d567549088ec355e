import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LONG } from "../fixtures/long-runs.js";
import { outputOf, outputsOf, ROOT } from "./run-example.js";

const EXAMPLES = readdirSync(join(ROOT, "examples")).filter(
  (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
);
let outputs: ReadonlyMap<string, string> | undefined;
beforeAll(async () => {
  // a long run starts each example as its own program
  if (!LONG) outputs = await outputsOf(EXAMPLES);
});

async function shownBy(example: string): Promise<string> {
  if (outputs === undefined) return outputOf(example);
  return outputs.get(example) ?? expect.fail(`${example} did not run`);
}

describe.concurrent("examples/", () => {
  test("model-authorization.ts says which model may run and why", async () => {
    expect(await shownBy("model-authorization.ts")).toBe(
      [
        "triage-v3: may run since #7",
        "  #6 passed: weight 4 of 6 approves, 4 needed",
        "chatbot-beta: may not run",
        "  #14 rejected: weight 1 of 6 approves, 4 needed",
        "",
      ].join("\n"),
    );
  });

  test("byzantine-detection.ts shows the finding, the evidence and the exclusion", async () => {
    expect(await shownBy("byzantine-detection.ts")).toBe(
      [
        "rejected: weight 3 of 6 approves, 4 needed; 4 votes counted, not eve's",
        "#10 eve: approve, then reject. The votes:",
        "  #7 approve (vote 5d20-2)",
        "  #9 reject (vote 5d20-4)",
        "#20 node_removed: eve",
        "",
      ].join("\n"),
    );
  });

  test("emergency-freeze.ts records an operation of the app's own", async () => {
    expect(await shownBy("emergency-freeze.ts")).toBe(
      [
        "#0 authorization_granted",
        "#1 model_frozen dave",
        "   3 instances stopped: unsafe dosage advice",
        "#2 proposal_created dave",
        "#8 authorization_revoked",
        "",
      ].join("\n"),
    );
  });

  test("attached-provider.ts seals the governance records of the app's logger", async () => {
    expect(await shownBy("attached-provider.ts")).toBe(
      [
        "in the audit log:",
        '  #0 node_added did:pqaid:alice {"name":"alice","weight":1}',
        '  #1 policy_updated did:pqaid:bob {"http.route":"/policies","body":"rate limit raised"}',
        "at the app's exporter:",
        "  governance.node_added, sequence 0",
        "  an ordinary record, sequence none",
        "  governance.policy_updated, sequence 1",
        'after the shutdown of the log: "still here"',
        "",
      ].join("\n"),
    );
  });

  test("winston-mirror.ts writes sealed records in words, with their level", async () => {
    const output = await shownBy("winston-mirror.ts");
    expect(output).toMatch(/^info: the app's own line\n/);
    expect(output).toMatch(/\ninfo: vote_cast .*did:pqaid:bob.* \| governance: \d+ fields\n/);
    expect(output).toMatch(
      /\nerror: byzantine_detected .*did:pqaid:eve.* \| governance: \d+ fields\n$/,
    );
  });

  test("pino-mirror.ts writes sealed records in words, at a level of their own", async () => {
    const lines = (await shownBy("pino-mirror.ts")).trimEnd().split("\n");
    const leafHash = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "info", msg: "the app's own line" },
      {
        level: "audit",
        service: "votes",
        governance: expect.objectContaining({ sequence: 0, operation: "vote_cast", leafHash }),
        msg: "vote_cast approve by did:pqaid:bob on urn:pqc-gov-prop:7f",
      },
      {
        level: "error",
        service: "votes",
        governance: expect.objectContaining({ sequence: 1, actorDid: "did:pqaid:eve", leafHash }),
        msg: "byzantine_detected approve then reject by did:pqaid:eve on urn:pqc-gov-prop:7f",
      },
    ]);
  });

  test("otlp-to-collector.ts delivers to its stand-in", async () => {
    const output = await shownBy("otlp-to-collector.ts");
    expect(output).toContain("POST /v1/logs: ");
    expect(output.match(/^ {2}\w+$/gm)).toEqual(["  node_added", "  authorization_granted"]);
    expect(output).toMatch(/\n2 entries sent to the stand-in\n$/);
  });
});

test("every example is run by the tests and is listed in the README of the examples", () => {
  const readme = readFileSync(join(ROOT, "examples/README.md"), "utf8");
  const tests = readdirSync(import.meta.dirname)
    .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
    .join("\n");
  const examples = readdirSync(join(ROOT, "examples")).filter(
    (name) => !["README.md", "shared"].includes(name),
  );
  expect(examples.length).toBeGreaterThan(7);
  for (const name of examples) {
    expect(readme).toContain(`](${name}`);
    expect(tests).toContain(name.endsWith(".ts") ? name : `${name}/index.ts`);
  }
});
