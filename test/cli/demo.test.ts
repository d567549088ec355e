import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { displayWidth } from "../../src/cli/output/terminal.js";
import { quorumlog } from "../fixtures/command-line.js";
import { openJournal, temporaryFolder } from "../fixtures/journal.js";

describe("quorumlog demo", () => {
  test("tells the story of the federation in a table that fits 100 columns", async () => {
    const { code, stdout, stderr } = await quorumlog(["demo", "governance.db"], {
      cwd: temporaryFolder(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of stdout.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(100);
    const lines = stdout.split("\n");
    const operations = lines.slice(4, 33).map((line) => line.trim().split(/\s+/)[2]);
    expect(operations.filter((operation, index) => operation !== operations[index - 1])).toEqual([
      "operation",
      "node_added",
      "proposal_created",
      "vote_cast",
      "byzantine_detected",
      "vote_cast",
      "consensus_reached",
      "authorization_granted",
      "proposal_created",
      "vote_cast",
      "consensus_reached",
      "emergency_freeze",
      "authorization_revoked",
      "proposal_created",
      "vote_cast",
      "consensus_reached",
      "node_removed",
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/consensus_reached +alice +7f3a9c21 +passed +weight 4\/6, needs 4$/),
    );
  });

  test("shows the same in every run", async () => {
    const outputs = [0, 1].map(() => quorumlog(["demo", "g.db"], { cwd: temporaryFolder() }));
    const [first, second] = await Promise.all(outputs);
    const masked = (text = ""): string =>
      text.replace(/[\da-f]{64}/, "<root>").replace(/\+[\da-f]{8}/, "+<id>");
    expect(masked(second?.stdout)).toBe(masked(first?.stdout));
  });

  test("shows commands that answer as it says", async () => {
    const cwd = temporaryFolder();
    const { stdout } = await quorumlog(["demo", "governance.db"], { cwd });
    const answers = stdout.split(/^.+\n(?=\$ quorumlog )/m).slice(1);
    expect(answers).toHaveLength(5);
    for (const answer of answers) {
      const [line = "", ...lines] = answer.split("\n");
      const argv = line
        .slice("$ quorumlog ".length)
        .replaceAll("$JOURNAL", "governance.db")
        .split(" ");
      const shown = await quorumlog(argv, { cwd, columns: 100, env: { NO_COLOR: "1" } });
      expect(shown.code).toBe(0);
      expect(lines.join("\n").startsWith(shown.stdout)).toBe(true);
    }
    expect(answers.at(-1)).toContain("\nverified: 28 of 28 entries\n");
  });

  test("makes a journal in a temporary folder, and says where", async () => {
    const { stdout } = await quorumlog(["demo", "--json"]);
    const { journal, verifierKey, logId, entries } = JSON.parse(stdout);
    onTestFinished(() => rmSync(dirname(journal), { recursive: true }));
    expect({ logId, entries }).toEqual({ logId: "federation.example", entries: 28 });
    expect(openJournal(journal, { readOnly: true }).count()).toBe(28);
    expect((await quorumlog(["verify", journal, "--key", verifierKey])).code).toBe(0);
  });

  test("runs again in the same folder, under another path", async () => {
    const cwd = temporaryFolder();
    for (const journal of ["one.db", "two.db"])
      expect(await quorumlog(["demo", journal], { cwd })).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(cwd).filter((name) => !/^(?:one|two)\.db/.test(name))).toEqual([]);
  });

  test("touches no journal that is there", async () => {
    const cwd = temporaryFolder();
    openJournal(join(cwd, "governance.db")).close();
    expect(await quorumlog(["demo", "governance.db"], { cwd })).toMatchObject({
      code: 2,
      stdout: "",
    });
    expect(openJournal(join(cwd, "governance.db")).length).toBe(0);
    expect(readdirSync(cwd)).not.toContain("governance.db.vkey");
    writeFileSync(join(cwd, "other.db.vkey"), "mine");
    expect((await quorumlog(["demo", "other.db"], { cwd })).code).toBe(2);
    expect(readdirSync(cwd)).not.toContain("other.db");
  });
});
