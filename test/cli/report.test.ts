import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseBundle } from "../../src/integrity/evidence-bundle.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { bundleSource } from "../../src/verify/bundle-source.js";
import { verify } from "../../src/verify/verify.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import type { FakeLoki } from "../fixtures/fake-loki.ts";
import { temporaryFolder } from "../fixtures/journal.js";
import { from } from "../fixtures/loki-flags.js";
import { LOG } from "../fixtures/loki-records.ts";
import { evidenceOf, sectionOf, sequencesIn } from "../fixtures/report-page.js";
import { signedLoki } from "../fixtures/signed-loki.ts";

let folder: string;
let journal: string;
let key: string;
let demoPage: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  journal = join(folder, "governance.db");
  expect((await quorumlog(["demo", journal])).code).toBe(0);
  key = readFileSync(`${journal}.vkey`, "utf8").trim();
  demoPage = await pageOf(journal);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The page of a source, on stdout. */
async function pageOf(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await quorumlog(["report", ...argv, "--out", "-"]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

describe("quorumlog report", () => {
  test("writes one page with every entry, and says what it wrote", async () => {
    const out = join(temporaryFolder(), "report.html");
    const done = await quorumlog(["report", journal, "--key", key, "--out", out]);
    expect(done).toMatchObject({ code: 0, stdout: "", stderr: `28 entries reported in ${out}\n` });
    const page = readFileSync(out, "utf8");
    expect(sequencesIn(page)).toEqual(Array.from({ length: 28 }, (_, index) => index));
    const again = await quorumlog(["report", journal, "--out", out, "--force", "--json"]);
    expect(objectsOf(again.stdout)).toEqual([{ file: out, entries: 28, held: 28 }]);
  });

  test("holds the whole log as evidence, which verifies with completeness", async () => {
    const json = evidenceOf(demoPage);
    expect(parseBundle(json).isWhole).toBe(true);
    expect(await verify(bundleSource(json), { keys: [key] })).toMatchObject({
      verified: true,
      completeness: "verified",
      covered: 28,
    });
    const altered = json.replace("approve", "abstain");
    expect((await verify(bundleSource(altered), { keys: [key] })).integrity).toBe("failed");
  });

  test("tells population, summary, exceptions, cases and subjects", async () => {
    const page = await pageOf(journal, "--key", key, "--title", "Q2");
    expect(page).toContain("<title>Q2</title>");
    expect(sectionOf(page, "population")).toMatch(
      /28 entries: all that the source holds .* Tree size 28/,
    );
    expect(sectionOf(page, "summary")).toMatch(
      /Proposals passed 3 .* Members at the end of the log 4/,
    );
    expect(sectionOf(page, "exceptions")).toMatch(/0 errors, 2 warnings.* self-approval violated/);
    expect(sectionOf(page, "cases")).toMatch(/7f3a9c21 .* approve 4, .* Votes .* proposed/);
    expect(sectionOf(page, "subjects")).toMatch(/medical-ai-v2 not authorized .* Revoked /);
  });

  test("uses the words of explain for the same things, and leaves none of them out", async () => {
    const [cases, subjects] = ["cases", "subjects"].map((id) => sectionOf(demoPage, id));
    const plain = (text: string) => text.replaceAll(/(\d{4}-\d\d-\d\d)[T ]([\d:.]+)Z?/g, "$1 $2");
    for (const [id, section] of [
      ["7f3a9c21", cases],
      ["c04de177", cases],
      ["medical-ai-v2", subjects],
    ] as const) {
      const { stdout } = await quorumlog(["explain", journal, id, "--no-color"], { columns: 4000 });
      const [head = "", ...rows] = stdout.split("\n");
      const facts = rows.filter((row) =>
        /^(?:electorate|quorum|result|effect|also|granted|revoked)/.test(row),
      );
      expect(facts.length).toBeGreaterThan(0);
      expect(section).toContain(head.replace(/^.*: /, ""));
      for (const fact of facts)
        for (const part of fact.slice("electorate  ".length).split(/[;,] |#\d+ |: /))
          expect(section).toContain(plain(part));
      for (const row of rows)
        if (row.includes("voted twice")) expect(section).toContain("voted twice");
    }
    expect(cases).toMatch(/Also emergency_freeze , .* #20 , by .* Quorum met: weight/);
  });

  test("takes a period, and proves each of its entries without the others", async () => {
    const page = await pageOf(
      journal,
      "--since",
      "2026-04-14T12:01:00Z",
      "--until",
      "2026-04-14T12:05:00Z",
    );
    const sequences = sequencesIn(page);
    expect(sequences.length).toBeGreaterThan(3);
    expect(sequences.length).toBeLessThan(28);
    const bundle = parseBundle(evidenceOf(page));
    expect(bundle.entries.map(({ sequence }) => sequence)).toEqual(sequences);
    const report = await verify(bundleSource(evidenceOf(page)), { keys: [key] });
    expect(report).toMatchObject({ verified: true, completeness: "unknown" });
    expect(sectionOf(page, "population")).toContain(`${sequences.length} entries of 28`);
    expect(sectionOf(page, "population")).toContain(
      `${28 - sequences.length} entries of the log are outside the scope`,
    );
  });

  test.each(["--proposal", "--subject"])("takes what one %s rests on", async (flag) => {
    const id = flag === "--proposal" ? "7f3a9c21" : "medical-ai-v2";
    const page = await pageOf(journal, flag, id, "--key", key);
    const report = await verify(bundleSource(evidenceOf(page)), { keys: [key] });
    expect(report.verified).toBe(true);
    const { length } = sequencesIn(page);
    expect(length).toBeLessThan(28);
    const stated = sectionOf(page, "verification");
    expect(stated).toContain(`are all entries there? this page holds ${length} of 28 entries`);
    expect(page).toContain(`<code>${"urn:pqc-gov-prop:7f3a9c21"}</code>`);
  });

  test.each([
    [
      "1000",
      /^quorumlog: .*the page would have more than 0\.01 MB: the lines of its first 28 entries/,
    ],
    ["60000", /^quorumlog: .*the page would have 0\.\d+ MB, and 0\.06 MB are the most: narrow it/],
  ])(
    "says what to narrow where the page has more than %s bytes, and writes nothing",
    async (most, message) => {
      const out = join(temporaryFolder(), "report.html");
      const done = await quorumlog(["report", journal, "--out", out, "--max-bytes", most]);
      expect(done).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(message) });
      expect(done.stderr).toContain("--since and --until, --proposal or --subject");
      expect(existsSync(out)).toBe(false);
    },
  );

  test("gives the same evidence from a journal, an export, and a bundle of all entries", async () => {
    const folder = temporaryFolder();
    const [exported, bundle] = [join(folder, "all.ndjson"), join(folder, "all.json")];
    await quorumlog(["export", journal, "--format", "ndjson", "--out", exported]);
    const scope = ["--proposal", "7f3a9c21"];
    await quorumlog(["explain", journal, "7f3a9c21", "--prove", bundle]);
    const evidence = evidenceOf(await pageOf(journal, ...scope));
    expect(evidenceOf(await pageOf(exported, ...scope))).toBe(evidence);
    const kept = parseBundle(readFileSync(bundle, "utf8")).entries.map(({ sequence }) => sequence);
    const fromBundle = parseBundle(evidenceOf(await pageOf(bundle, ...scope)));
    expect(fromBundle.entries.map(({ sequence }) => sequence)).toEqual(kept);
    expect(
      (await verify(bundleSource(evidenceOf(await pageOf(bundle))), { keys: [key] })).verified,
    ).toBe(true);
  });

  test("never says that something is verified: that is for the reader to find out", async () => {
    const page = await pageOf(journal, "--key", key);
    const body = page.slice(page.indexOf("<body>"), page.indexOf('<script type="application'));
    const script = body.slice(body.indexOf("<script>"), body.indexOf("</script>"));
    const said = body.replace(script, "").replace("say anything, also that\nit is verified", "");
    expect(said).toContain("A forged page could");
    expect(said).not.toMatch(/\bverified\b/i);
    const check = sectionOf(page, "verification");
    expect(check).toContain("not checked in this browser yet");
    expect(check).toContain("A forged page could say anything");
  });

  test("ends with 1 for an altered log, and the page says what the command found", async () => {
    const path = join(temporaryFolder(), "altered.ndjson");
    await quorumlog(["export", journal, "--format", "ndjson", "--out", path]);
    writeFileSync(path, readFileSync(path, "utf8").replace('"approve"', '"abstain"'));
    const { code, stdout, stderr } = await quorumlog(["report", path, "--key", key, "--out", "-"]);
    expect(code).toBe(1);
    expect(sectionOf(stdout, "verification")).toContain("it found something wrong");
    const checked = await quorumlog(["check", path, "--key", key]);
    expect(stderr).toMatch(/^FAILED VERIFICATION: .*\n.*it was altered/);
    expect(checked.stdout.startsWith(stderr)).toBe(true);
  });

  test.each([
    [[], 1, /^FAILED VERIFICATION: .*\n.*no given key signed it/],
    [["--json"], 1, /^$/],
  ])("with a wrong key and %j, it says so beside the file", async (flags, expected, said) => {
    const other = generateKeys(key.split("+")[0] ?? "", "ed25519").vkey;
    const out = join(temporaryFolder(), "report.html");
    const argv = ["report", journal, "--key", other, "--out", out, ...flags];
    const { code, stdout, stderr } = await quorumlog(argv);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(said)]);
    expect(objectsOf(stdout)).toMatchObject(
      flags.length === 0 ? [] : [{ file: out, verification: { authenticity: "failed" } }],
    );
  });

  test("leaves out of the printed command what may be secret, and where things are", async () => {
    const policy = join(folder, "policy.json");
    writeFileSync(policy, "{}");
    const paths = ["--policy", policy, "--key", `${journal}.vkey`];
    const page = await pageOf(journal, "--title", "Q2 report", ...paths);
    const population = sectionOf(page, "population");
    expect(population).toContain('quorumlog report governance.db --title "Q2 report"');
    expect(population).toContain("--policy policy.json --key governance.db.vkey --out …");
    expect(page).not.toContain(folder);
    expect(sectionOf(await pageOf(journal, "--key", key), "population")).toContain(key);
  });

  test.each([
    [2, "--out is missing", ["JOURNAL"]],
    [2, "is what is read", ["JOURNAL", "--out", "JOURNAL"]],
    [2, "--sample", ["JOURNAL", "--out", "-", "--sample", "x"]],
    [
      2,
      "--since must be before --until",
      ["JOURNAL", "--out", "-", "--since", "1h", "--until", "2h"],
    ],
    [2, "--force goes with --out FILE", ["JOURNAL", "--out", "-", "--force"]],
    [3, "there is no", ["nowhere.db", "--out", "-"]],
  ])("ends with %i and says %s", async (code, message, argv) => {
    const given = argv.map((one) => (one === "JOURNAL" ? journal : one));
    const done = await quorumlog(["report", ...given]);
    expect([done.code, done.stdout]).toEqual([code, ""]);
    expect(done.stderr).toContain(message);
  });

  test("refuses a log without a checkpoint: nothing in its report could be checked", async () => {
    const path = join(temporaryFolder(), "unsigned.ndjson");
    const [first = ""] = parseBundle(evidenceOf(demoPage)).entries.map(({ line }) => line);
    writeFileSync(path, `${first}\n`);
    expect(await quorumlog(["report", path, "--out", "-"])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("it has no checkpoint"),
    });
  });
});

describe("quorumlog report of a source that is not a journal", () => {
  const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
  let loki: FakeLoki;
  let exported: string;
  beforeAll(async () => {
    const signed = await signedLoki(privateKeyPem, "did:x:alice", 4);
    loki = signed.loki;
    exported = join(folder, "signed.ndjson");
    await quorumlog(["export", signed.journal, "--format", "ndjson", "--out", exported]);
  });
  afterAll(() => loki[Symbol.asyncDispose]());

  test.each<[string, readonly number[], readonly string[]]>([
    ["an export", [0, 1, 2, 3], []],
    ["a bundle", [0, 3], ["prove", "--proposal", "p0"]],
    ["a proof", [2], ["prove", "--sequence", "2"]],
    ["another report", [0, 1, 2, 3], ["report"]],
    ["a report of a part", [1], ["report", "--proposal", "p1"]],
    ["Loki", [0, 1, 2, 3], []],
  ])("makes of %s a page that verify compares", async (kind, sequences, [command, ...flags]) => {
    const into = temporaryFolder();
    const [source, out] = [join(into, "source"), join(into, "report.html")];
    if (command !== undefined) {
      const made = await quorumlog([command, exported, ...flags, "--out", source]);
      expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
    }
    const given = command === undefined ? exported : source;
    const operands = kind === "Loki" ? from(loki) : [given];
    const written = await quorumlog(["report", ...operands, "--key", vkey, "--out", out], {
      now: () => new Date(),
    });
    expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining("reported in") });
    expect(sequencesIn(readFileSync(out, "utf8"))).toEqual(sequences);
    const { code, stderr } = await quorumlog(["verify", out, "--key", vkey]);
    const how = sequences.length < 4 ? "were not compared" : "byte for byte";
    expect([code, stderr]).toEqual([0, expect.stringContaining(how)]);
  });
});
