import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseBundle } from "../../src/integrity/evidence-bundle.js";
import { formatTlogProof, parseTlogProof } from "../../src/integrity/tlog-proof.js";
import { GovernanceAuditLog } from "../../src/log/governance-audit-log.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, tamper, temporaryFolder } from "../fixtures/journal.js";
import { journalOf, signedJournal } from "../fixtures/journals.js";

describe("quorumlog prove", () => {
  test("proves an entry to somebody who has the public key alone", async () => {
    const { path, vkey } = await signedJournal(5);
    const cwd = temporaryFolder();
    const file = join(cwd, "3.tlog-proof");
    const written = await quorumlog(["prove", path, "--sequence", "3", "--out", file]);
    expect(written).toMatchObject({ code: 0, stdout: "", stderr: `written to ${file}\n` });
    const text = readFileSync(file, "utf8");
    expect(text).toBe((await quorumlog(["prove", path, "--sequence", "3"])).stdout);
    expect(await quorumlog(["verify", file, "--key", vkey])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^verified: 1 of 1 entry; 4 more of the log are not here: pruned, or left out\n/,
      ),
    });

    const { extra, ...without } = parseTlogProof(text);
    writeFileSync(join(cwd, "bare"), formatTlogProof(without));
    writeFileSync(join(cwd, "line"), `${Buffer.from(extra ?? [])}\n`);
    expect((await quorumlog(["verify", "bare", "--key", vkey], { cwd })).code).toBe(3);
    expect(
      (await quorumlog(["verify", "bare", "--key", vkey, "--line", "line"], { cwd })).code,
    ).toBe(0);
    writeFileSync(join(cwd, "line"), `${Buffer.from(extra ?? [])}`.replace("approve", "reject"));
    expect(
      (await quorumlog(["verify", "bare", "--key", vkey, "--line", "line"], { cwd })).code,
    ).toBe(1);
  });

  test("proves all of a proposal in one bundle", async () => {
    const { path, vkey } = await signedJournal(5);
    const { stdout } = await quorumlog(["prove", path, "--proposal", "p1"]);
    expect(parseBundle(stdout).entries.map(({ sequence }) => sequence)).toEqual([0, 2, 4]);
    const file = join(temporaryFolder(), "p1.json");
    const { stdout: json } = await quorumlog([
      "prove",
      path,
      "--proposal",
      "p1",
      "--out",
      file,
      "--json",
    ]);
    expect(JSON.parse(json)).toEqual({ file });
    expect((await quorumlog(["verify", file, "--key", vkey])).code).toBe(0);
    writeFileSync(file, stdout.replace("approve", "reject"));
    expect(await quorumlog(["verify", file, "--key", vkey])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\n- entry 0 \(line 1\), proof_mismatch: /),
    });
  });

  test("replaces no file unasked", async () => {
    const { path } = await signedJournal(1);
    const file = join(temporaryFolder(), "0.tlog-proof");
    writeFileSync(file, "mine");
    const argv = ["prove", path, "--sequence", "0", "--out", file];
    expect((await quorumlog(argv)).code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect((await quorumlog([...argv, "--force"])).code).toBe(0);
  });

  test("shows a terminal nothing that it would act on", async () => {
    const path = journalOf([]);
    const journal = openJournal(path);
    append(journal, 1, () => ({ proposalId: "p1", details: { note: "\u001b[31m \u202e" } }));
    const { key } = await signedJournal(1);
    await journal.checkpoint({ keys: [key] });
    const { stdout } = await quorumlog(["prove", path, "--proposal", "p1"], { columns: 80 });
    expect(stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(JSON.parse(stdout).entries).toHaveLength(1);
  });

  test.each([
    [
      ["--sequence", "2"],
      "no checkpoint covers the entry of sequence 2 yet: the newest one covers 2 entries",
    ],
    [["--sequence", "7"], "journal: there is no entry 7 yet; the next one is 3"],
    [["--proposal", "p\u001b"], 'journal: there is no entry of the proposal "p\\u001b"'],
    [["--proposal", "p1"], "no checkpoint covers the entry of sequence 2 yet"],
  ])("of what cannot be proved, %j, it says why", async (argv, message) => {
    const { path } = await signedJournal(2, 1);
    const { code, stdout, stderr } = await quorumlog(["prove", path, ...argv]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("proves nothing that was altered", async () => {
    const { path } = await signedJournal(2);
    tamper(path, "UPDATE entry SET leaf_hash = zeroblob(32) WHERE sequence = 0");
    expect((await quorumlog(["prove", path, "--sequence", "0"])).code).not.toBe(0);
  });

  test.each([
    [[]],
    [["--sequence", "1", "--proposal", "p"]],
    [["--sequence", "1", "--json"]],
    [["--sequence", "x"]],
  ])("refuses %j", async (argv) => {
    expect(await quorumlog(["prove", "a.db", ...argv])).toMatchObject({ code: 2, stdout: "" });
  });
});

test("keys, log, export, proof and verification go together", async () => {
  const cwd = temporaryFolder();
  const keygen = await quorumlog(
    ["keygen", "--name", "acme.example/votes", "--out", "keys", "--json"],
    {
      cwd,
    },
  );
  const keys = objectsOf(keygen.stdout);
  const journal = newPath();
  const audit = new GovernanceAuditLog({
    journal,
    signer: keys.map(({ privateKey }) => String(privateKey)),
  });
  for (let vote = 0; vote < 3; vote++)
    audit.logVoteCast({
      vote: { voteId: `v${vote}`, proposalId: "p", voterDid: "did:a", decision: "approve" },
    });
  await audit.shutdown();

  await quorumlog(["export", journal, "--format", "ndjson", "--out", "votes.ndjson"], { cwd });
  await quorumlog(["prove", journal, "--sequence", "1", "--out", "1.tlog-proof"], { cwd });
  await quorumlog(["prove", journal, "--proposal", "p", "--out", "p.json"], { cwd });
  for (const { verifierKey } of keys) {
    const argv = [
      "verify",
      journal,
      "votes.ndjson",
      "1.tlog-proof",
      "p.json",
      "--key",
      String(verifierKey),
      "--json",
    ];
    const { code, stdout } = await quorumlog(argv, { cwd });
    expect(code).toBe(0);
    expect(objectsOf(stdout)).toMatchObject(
      [3, 3, 1, 3].map((covered) => ({ verified: true, covered, origin: "acme.example/votes" })),
    );
  }
});
