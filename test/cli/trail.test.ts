import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { canonicalLine } from "../../src/entry/line.js";
import { sha256Hex } from "../../src/entry/sha256.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { GovernanceAuditLog } from "../../src/log/governance-audit-log.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { newPath, openJournal, temporaryFolder } from "../fixtures/journal.js";
import { sectionOf } from "../fixtures/report-page.js";
import { TrailWriter } from "../fixtures/trail.js";

const MODEL = "did:pqaid:medical-ai-v2";

/** An export of a federation that authorizes a model and stops it again. */
function exported(write: (trail: TrailWriter) => unknown = authorizeAndStop): string {
  const trail = new TrailWriter().federation();
  write(trail);
  const path = join(temporaryFolder(), "trail.ndjson");
  const lines = trail.entries.map((entry) => `${canonicalLine("acme.example", entry)}\n`);
  writeFileSync(path, lines.join(""));
  return path;
}

/** Entries 4 to 8 decide, 9 grants, 10 to 14 decide to revoke, 15 revokes. */
function authorizeAndStop(trail: TrailWriter): void {
  trail.passed("urn:prop:p");
  trail.grant("urn:prop:p");
  trail.passed("urn:prop:q", { kind: "revoke-model" });
  trail.revoke("urn:prop:q");
}

describe("quorumlog explain", () => {
  test("says whether a subject is authorized, and by which decision, at a moment", async () => {
    const path = exported();
    const answers = [];
    for (const at of ["8", "9", "2026-04-14T12:00:14Z", "15"]) {
      const { code, stdout } = await quorumlog([
        "explain",
        path,
        "medical-ai-v2",
        "--at",
        at,
        "--json",
      ]);
      const [{ subject } = expect.fail()] = objectsOf(stdout);
      answers.push([code, subject]);
    }
    const yes = { subjectId: MODEL, authorized: "yes", by: "urn:prop:p" };
    expect(answers).toMatchObject([
      [0, { subjectId: MODEL, authorized: "no", authorizations: [] }],
      [0, { ...yes, authorizations: [{ grantedBy: 9, decidedBy: 8 }] }],
      [0, yes],
      [0, { authorized: "no", authorizations: [{ ended: { by: "revocation", sequence: 15 } }] }],
    ]);
  });

  test("lists the findings of a case by severity", async () => {
    const path = exported((trail) => [
      trail.propose("urn:prop:p"),
      trail.vote("urn:prop:p", "alice"),
      trail.vote("urn:prop:p", "mallory"),
    ]);
    for (const id of ["p", "medical-ai-v2"]) {
      const { stdout } = await quorumlog(["explain", path, id]);
      const rules = stdout.matchAll(/^(?:error|warning) +([\w-]+):/gm);
      expect([...rules].map(([, rule]) => rule)).toEqual(["vote-by-nonmember", "self-approval"]);
    }
  });

  test("shows a proposal with its electorate, votes, result and effect", async () => {
    const { code, stdout } = await quorumlog(["explain", exported(), "p"]);
    expect(code).toBe(0);
    for (const part of [
      "urn:prop:p: passed",
      "electorate  4 members of weight 4",
      "approve 3, reject 0, abstain 0 of 4",
      "effect      authorization_granted, #9",
      /^5 .* bob +approve +1 *$/m,
    ])
      expect(stdout).toMatch(part);
  });

  test("answers unknown, and ends with 3, where the grant may be among missing entries", async () => {
    const path = exported();
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.slice(10).join("\n"));
    const { code, stdout } = await quorumlog(["explain", path, MODEL, "--at", "12"]);
    expect([code, stdout]).toEqual([3, expect.stringContaining(`${MODEL}: unknown`)]);
    expect(stdout).toContain("entries are missing");
  });

  test("names no case for an id that nobody recorded, and lists those that an end could mean", async () => {
    const path = exported((trail) => [
      trail.passed("urn:prop:p"),
      trail.passed("other:p", { subject: "did:x" }),
    ]);
    expect(await quorumlog(["explain", path, "nobody"])).toMatchObject({ code: 3, stdout: "" });
    const { code, stderr } = await quorumlog(["explain", path, "p"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("urn:prop:p or other:p")]);
    expect(await quorumlog(["explain", path])).toMatchObject({ code: 2 });
  });
});

describe("quorumlog standing and members", () => {
  test("list what was in force, and who could vote, after an entry", async () => {
    const path = exported((trail) => [authorizeAndStop(trail), trail.remove("dave")]);
    const list = async (...argv: string[]) =>
      objectsOf((await quorumlog([...argv, "--json"])).stdout);
    expect(await list("standing", path, "--at", "9")).toMatchObject([{ subjectId: MODEL }]);
    expect(await list("standing", path)).toEqual([]);
    expect((await list("members", path)).map(({ did }) => did)).toEqual(["alice", "bob", "carol"]);
    expect(await list("members", path, "--at", "15")).toHaveLength(4);
  });
});

describe("where entries are missing", () => {
  test("members and standing are unknown, and no finding names an entry that is not there", async () => {
    const path = exported(authorizeAndStop);
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.slice(5).join("\n"));
    const first = async (command: string) =>
      (await quorumlog([command, path])).stdout.split("\n")[0];
    const missing = "unknown: entries are missing before #5";
    expect(await first("members")).toBe(`members     ${missing}`);
    expect(await first("standing")).toBe(`in force    ${missing}`);
    const { stdout } = await quorumlog(["explain", path, "urn:prop:q"]);
    expect(stdout).not.toContain("records no nodes");
  });
});

describe("quorumlog check", () => {
  test("says that there is nothing to check where no entry is, and ends with 3", async () => {
    const empty = newPath();
    openJournal(empty).close();
    for (const argv of [[empty], [exported(), "--at", "2000-01-01T00:00:00Z"]]) {
      const { code, stdout } = await quorumlog(["check", ...argv]);
      expect({ code, stdout }).toEqual({
        code: 3,
        stdout: expect.stringMatching(/^nothing to check: there is no entry at that moment\n/),
      });
    }
    const { stderr } = await quorumlog(["check", empty, "--json"]);
    expect(stderr).toContain("nothing to check");
  });

  test("ends with 0, 1 or 3: nothing of severity error, something, or it cannot be told", async () => {
    const sound = exported();
    const broken = exported((trail) => trail.grant("urn:prop:p"));
    const untold = exported((trail) => [
      trail.propose("urn:prop:p"),
      trail.vote("urn:prop:p", "bob"),
    ]);
    writeFileSync(untold, readFileSync(untold, "utf8").split("\n").slice(4).join("\n"));
    const codes = [];
    for (const path of [sound, broken, untold]) codes.push((await quorumlog(["check", path])).code);
    expect(codes).toEqual([0, 1, 3]);
    const { stdout } = await quorumlog(["check", broken, "--json"]);
    expect(objectsOf(stdout)).toMatchObject([
      { rule: "grant-without-consensus", status: "violated", severity: "error", sequences: [4] },
    ]);
  });

  test("lists errors before what is only late, and of many findings of one rule the first ones", async () => {
    const path = exported((trail) => {
      for (let index = 0; index < 30; index++)
        trail.act("coffee", {}, {}, new Date("2020-01-01T00:00:00Z"));
      trail.propose("urn:prop:p");
      trail.vote("urn:prop:p", "alice");
      trail.vote("urn:prop:p", "mallory");
    });
    const policy = join(temporaryFolder(), "policy.json");
    writeFileSync(policy, '{"recordWithinSeconds":3600}');
    const argv = ["check", path, "--policy", policy];
    const { code, stdout } = await quorumlog(argv, { env: { NO_COLOR: "1" } });
    const lines = stdout.split("\n");
    expect([code, lines[0]]).toEqual([1, "1 error, 1 warning, 30 for information"]);
    const findings = lines.slice(lines.indexOf("") + 1);
    expect(findings.slice(findings.indexOf("") + 1)).toEqual([
      'error       vote-by-nonmember: "mallory" voted on "urn:prop:p", but was not a member; #36',
      'warning     self-approval: "alice" approved "urn:prop:p", its own proposal; #34, #35',
      ...Array.from({ length: 10 }, (_, index) =>
        expect.stringMatching(`^info        backdated: recorded .*; #${4 + index}$`),
      ),
      "info        backdated: 20 more; --json lists each; #14, #15, #16, #17 and 16 more",
      "",
    ]);
    expect(objectsOf((await quorumlog([...argv, "--json"])).stdout)).toHaveLength(32);
  });

  test("tells what passes a proposal by nothing, where a policy asks for it", async () => {
    const policy = join(temporaryFolder(), "policy.json");
    writeFileSync(policy, '{"rules":{"quorum-unmet":"error"}}');
    const path = exported();
    expect((await quorumlog(["check", path])).code).toBe(0);
    const { code, stdout } = await quorumlog(["check", path, "--policy", policy]);
    expect(code).toBe(3);
    expect(stdout).toContain("quorum-unmet (undetermined): neither the trail nor the policy says");
  });

  test("judges by a policy, and prints its SHA-256", async () => {
    const path = exported();
    const policy = join(temporaryFolder(), "policy.json");
    writeFileSync(policy, '{"participation":"2/3","approval":{"weight":4}}');
    const { code, stdout } = await quorumlog(["check", path, "--policy", policy]);
    expect(code).toBe(1);
    expect(stdout).toContain("quorum-unmet");
    expect(stdout).toContain(`policy      sha256 ${sha256Hex(readFileSync(policy))}`);
    writeFileSync(policy, '{"participation":2}');
    const wrong = await quorumlog(["check", path, "--policy", policy]);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("policy.participation");
  });
});

describe("quorumlog oversight", () => {
  test("sums up who voted, how fast, and what came without a decision", async () => {
    const path = exported((trail) => [
      authorizeAndStop(trail),
      trail.passed("urn:prop:r"),
      trail.grant("urn:prop:r"),
      trail.revoke("urn:prop:s", { kind: "emergency-freeze", actor_type: "human" }),
    ]);
    const [answer] = objectsOf((await quorumlog(["oversight", path, "--json"])).stdout);
    expect(answer).toMatchObject({
      proposals: { passed: 3, open: 0 },
      votes: { unknown: 9 },
      enactments: { human: 1, unknown: 3 },
      participation: 0.75,
      timeToDecide: { count: 3, medianSeconds: 4 },
      timeToRevoke: { count: 1, medianSeconds: 5 },
      breakGlass: [22],
    });
    const [none] = objectsOf(
      (await quorumlog(["oversight", path, "--since", "2026-04-15", "--json"])).stdout,
    );
    expect(none).toMatchObject({ votes: { unknown: 0 }, timeToDecide: { count: 0 } });
    const [half] = objectsOf(
      (await quorumlog(["oversight", path, "--until", "2026-04-14T12:00:14Z", "--json"])).stdout,
    );
    expect(half).toMatchObject({ proposals: { passed: 1, open: 1 }, timeToDecide: { count: 1 } });
  });
});

describe("what the commands say to whoever uses them for the first time", () => {
  const policyWith = (policy: unknown): string => {
    const path = join(temporaryFolder(), "policy.json");
    writeFileSync(path, JSON.stringify(policy));
    return path;
  };

  test("a rule that does not exist: the one that was meant, or all that there are", async () => {
    const near = policyWith({ rules: { "self-aproval": "off" } });
    const far = policyWith({ rules: { nonsense: "off" } });
    for (const [policy, expected] of [
      [near, 'policy.rules["self-aproval"]: there is no such rule; did you mean self-approval?'],
      [far, "the rules are grant-without-consensus, "],
    ] as const) {
      const { code, stdout, stderr } = await quorumlog(["check", exported(), "--policy", policy]);
      expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(expected)]);
    }
  });

  test("a kind or an operation in a policy that no entry has, and the one that was meant", async () => {
    const policy = policyWith({
      kinds: { "authorise-model": {}, "revoke-model": {} },
      requiresAuthorization: ["vote_kast", "model_invoked"],
    });
    for (const command of ["check", "members"]) {
      const { code, stderr } = await quorumlog([command, exported(), "--policy", policy]);
      expect(code).toBe(0);
      expect(stderr.split("\n").filter((line) => line.startsWith("--policy"))).toEqual([
        `--policy ${policy}: no entry has the kind authorise-model; did you mean authorize-model?`,
        `--policy ${policy}: no entry has the operation vote_kast; did you mean vote_cast?`,
      ]);
    }
  });

  test.each(["policy", "trusted", "checkpoint", "line"])(
    "--%s with a file that does not exist is wrong usage",
    async (flag) => {
      const folder = temporaryFolder();
      const key = join(folder, "log.vkey");
      writeFileSync(key, generateKeys("acme.example", "ed25519").vkey);
      const proof = join(folder, "proof.txt");
      writeFileSync(proof, "c2sp.org/tlog-proof@v1\n");
      const argv = flag === "policy" ? ["check", exported()] : ["verify", exported(), "--key", key];
      if (flag === "line") argv[1] = proof;
      const { code, stdout, stderr } = await quorumlog([...argv, `--${flag}`, "nofile.json"]);
      const expected = /^quorumlog: --\w+ nofile\.json: there is no such file; see /;
      expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(expected)]);
    },
  );

  test("an id that nobody recorded: the one that was meant, or that it is a member", async () => {
    const path = exported();
    const ask = async (id: string) => (await quorumlog(["explain", path, id])).stderr;
    expect(await ask("medical-ai-v3")).toContain(`; did you mean ${MODEL}?`);
    expect(await ask("alice")).toContain("alice is a member, not a proposal or a subject");
  });

  test("a moment behind the newest entry", async () => {
    const path = exported();
    const hint = "--at 99: the newest entry is #15\n";
    const said = async (at: string) => (await quorumlog(["members", path, "--at", at])).stderr;
    expect(await said("99")).toContain(hint);
    expect(await said("15")).not.toContain("--at");
  });

  test("a period that ends before it begins is refused", async () => {
    const period = ["--since", "2026-04-15", "--until", "2026-04-14"];
    expect(await quorumlog(["oversight", exported(), ...period])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("since"),
    });
  });

  test("standing has no column for ends, explain has", async () => {
    const path = exported((trail) => [trail.passed("urn:prop:p"), trail.grant("urn:prop:p")]);
    const { stdout } = await quorumlog(["standing", path]);
    expect(stdout).toMatch(/until *$/m);
    expect(stdout).not.toContain("ended by");
    expect((await quorumlog(["explain", exported(), MODEL])).stdout).toContain("ended by");
  });

  test("on whose behalf somebody voted, decided and enacted", async () => {
    const path = exported((trail) => [
      trail.propose("urn:prop:p"),
      trail.vote("urn:prop:p", "bob", "approve", { actor_type: "agent", on_behalf_of: "did:rita" }),
      trail.result("urn:prop:p", "passed", { approve: 1 }, { on_behalf_of: "did:otto" }),
      trail.grant("urn:prop:p", { on_behalf_of: "did:paul" }),
    ]);
    const { stdout } = await quorumlog(["explain", path, "p"]);
    expect(stdout).toContain("agent for did:rita");
    expect(stdout).toContain("signed by carol for did:otto");
    expect(stdout).toMatch(/authorization_granted, .*\(for did:paul\)/);
  });

  test("how fast each subject was stopped", async () => {
    const path = exported();
    const [answer] = objectsOf((await quorumlog(["oversight", path, "--json"])).stdout);
    const stop = { subjectId: MODEL, proposalId: "urn:prop:q", sequence: 15, seconds: 5 };
    expect(answer).toMatchObject({ stops: [stop] });
    const { stdout } = await quorumlog(["oversight", path]);
    expect(stdout).toMatch(/^15 +did:pqaid:medical-ai-v2 +urn:prop:q +5 s *$/m);
  });

  test("entries that name the proposal, and those that made its electorate, are proved too", async () => {
    const path = exported((trail) => [
      trail.passed("urn:prop:p"),
      trail.act("model_tested", { proposalId: "urn:prop:p", actorDid: "bob" }),
      trail.grant("urn:prop:p"),
    ]);
    const { stdout } = await quorumlog(["explain", path, "p", "--json"]);
    expect(objectsOf(stdout)).toMatchObject([
      {
        proposal: {
          sequences: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
          mentions: [{ sequence: 9, operation: "model_tested", actorDid: "bob" }],
        },
      },
    ]);
    expect((await quorumlog(["explain", path, "p"])).stdout).toContain("model_tested, #9");
    const [{ subject } = expect.fail()] = objectsOf(
      (await quorumlog(["explain", path, MODEL, "--json"])).stdout,
    );
    expect(subject).toMatchObject({ sequences: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
  });
});

describe("with a key", () => {
  let journal: string;
  let vkey: string;
  let privateKeyPem: string;
  beforeEach(async () => {
    const keys = generateKeys("acme.example", "ed25519");
    ({ vkey, privateKeyPem } = keys);
    journal = join(temporaryFolder(), "signed.db");
    const audit = new GovernanceAuditLog({
      logId: "acme.example",
      journal,
      signer: keys.privateKeyPem,
    });
    audit.logProposalCreated({
      proposalId: "urn:prop:p",
      subjectId: MODEL,
      kind: "authorize-model",
      proposerDid: "alice",
      title: "t",
    });
    audit.logConsensusReached({
      proposalId: "urn:prop:p",
      signerDid: "alice",
      decision: "passed",
      reason: "",
      approveWeight: 0,
      rejectWeight: 0,
      abstainWeight: 0,
      totalWeight: 0,
      includedVoteIds: [],
    });
    audit.logAuthorizationGranted({
      proposalId: "urn:prop:p",
      subjectId: MODEL,
      kind: "authorize-model",
    });
    await audit.shutdown();
  });

  test("an answer begins with the verdict of verify, and one from an altered trail says so first", async () => {
    const { code, stdout } = await quorumlog(["explain", journal, MODEL, "--key", vkey]);
    expect([code, stdout.split("\n")[0]]).toEqual([0, "verified: 3 of 3 entries"]);

    const proof = join(temporaryFolder(), "one.tlog-proof");
    await quorumlog(["prove", journal, "--sequence", "1", "--out", proof]);
    const ofPart = await quorumlog(["standing", proof, "--key", vkey]);
    expect(ofPart.stdout.split("\n")[0]).toBe(
      "verified: 1 of 1 entry; 2 more of the log are not here: pruned, or left out",
    );

    const ndjson = join(temporaryFolder(), "altered.ndjson");
    await quorumlog(["export", journal, "--format", "ndjson", "--out", ndjson]);
    const text = readFileSync(ndjson, "utf8");
    writeFileSync(ndjson, text.replaceAll('"alice"', '"mallo"'));
    for (const [command, expected] of [
      ["explain", 1],
      ["check", 1],
    ] as const) {
      const operands = command === "explain" ? [ndjson, MODEL] : [ndjson];
      const altered = await quorumlog([command, ...operands, "--key", vkey]);
      expect(altered.code).toBe(expected);
      expect(altered.stdout).toMatch(/^FAILED VERIFICATION.*\n.*nothing below is proven\./);
    }
  });

  test.each([
    [
      "another key of the log",
      "and no given key signed it: nothing below is proven.",
      "acme.example",
    ],
    ["a key of another log", "and it is of another log than the key: nothing", "other.example"],
  ])("an answer with %s does not call the source altered", async (_, sentence, name) => {
    const other = generateKeys(name, "ed25519").vkey;
    const operands = { explain: [MODEL], standing: [], members: [], oversight: [], check: [] };
    for (const [command, more] of Object.entries(operands)) {
      const { code, stdout } = await quorumlog([command, journal, ...more, "--key", other]);
      const [head = "", why = ""] = stdout.split("\n");
      expect([code, head]).toEqual([1, expect.stringMatching(/^FAILED VERIFICATION: /)]);
      expect(why).toContain(sentence);
      expect(stdout).not.toContain("altered");
    }
  });

  test("an answer from a source without its last entry says that entries are missing", async () => {
    const ndjson = join(temporaryFolder(), "cut.ndjson");
    await quorumlog(["export", journal, "--format", "ndjson", "--out", ndjson]);
    writeFileSync(ndjson, readFileSync(ndjson, "utf8").split("\n").slice(0, 2).join("\n"));
    const { code, stdout } = await quorumlog(["check", ndjson, "--key", vkey]);
    expect([code, stdout.split("\n")[1]]).toEqual([
      1,
      "What follows is what the source says, and entries are missing: an answer may be wrong.",
    ]);
  });

  test("no bundle is written of the answer from a source that fails verification", async () => {
    const out = join(temporaryFolder(), "bundle.json");
    const other = generateKeys("acme.example", "ed25519").vkey;
    const argv = ["explain", journal, MODEL, "--key", other, "--prove", out];
    const { code, stderr } = await quorumlog(argv);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no bundle was written")]);
    expect(existsSync(out)).toBe(false);
  });

  test("after an altered line, completeness is unknown, and the signature is the checkpoint's", async () => {
    const ndjson = join(temporaryFolder(), "altered.ndjson");
    await quorumlog(["export", journal, "--format", "ndjson", "--out", ndjson]);
    writeFileSync(ndjson, readFileSync(ndjson, "utf8").replaceAll('"alice"', '"mallo"'));
    const { stdout } = await quorumlog(["verify", ndjson, "--key", vkey, "--no-color"]);
    expect(stdout).toMatch(
      /^integrity +FAILED .*\ncompleteness +unknown .*\nauthenticity +verified /m,
    );
    expect(stdout).toContain("did the log sign the checkpoint? These entries are not what it sign");
    expect(stdout).toContain("This check cannot see whether all entries are");
    const page = await quorumlog(["report", ndjson, "--key", vkey, "--out", "-"]);
    const stated = sectionOf(page.stdout, "verification");
    expect(stated).toContain("are all entries there? it could not tell");
    expect(stated).toContain("it did sign the checkpoint; these entries are not what it signed");
  });

  test("as JSON, the verdict is an object on the first line of stdout", async () => {
    for (const command of ["check", "standing", "members"]) {
      const { stdout, stderr } = await quorumlog([command, journal, "--key", vkey, "--json"]);
      const [first] = objectsOf(stdout);
      expect(first).toMatchObject({ verification: { covered: 3, entries: 3 } });
      expect(stderr).not.toContain("verification");
      const without = await quorumlog([command, journal, "--json"]);
      expect(without.stdout).not.toContain("verification");
    }
  });

  test("a bundle without the end of its log does not say that a grant is in force", async () => {
    const audit = new GovernanceAuditLog({ journal });
    audit.logAuthorizationRevoked({
      proposalId: "urn:prop:q",
      subjectId: MODEL,
      kind: "revoke-model",
    });
    await audit.shutdown();
    const key = join(temporaryFolder(), "key.pem");
    writeFileSync(key, privateKeyPem, { mode: 0o600 });
    await quorumlog(["checkpoint", journal, "--sign", key]);
    const bundle = join(temporaryFolder(), "bundle.json");
    await quorumlog(["prove", journal, "--proposal", "urn:prop:p", "--out", bundle]);
    const { code, stdout } = await quorumlog(["explain", bundle, MODEL]);
    expect({ code, first: stdout.split("\n")[0] }).toEqual({
      code: 3,
      first: `${MODEL}: unknown`,
    });
  });

  test("the evidence of an answer is a bundle that verifies, decision included", async () => {
    const bundle = join(temporaryFolder(), "bundle.json");
    const { code, stderr } = await quorumlog(["explain", journal, MODEL, "--prove", bundle]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("read up to entry 2")]);
    const { entries } = JSON.parse(readFileSync(bundle, "utf8"));
    expect(entries).toHaveLength(3);
    const { stdout } = await quorumlog(["verify", bundle, "--key", vkey]);
    expect(stdout).toMatch(/integrity +verified/);
  });
});
