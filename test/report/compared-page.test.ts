import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuditEvent } from "../../src/entry/audit-event.js";
import { comparedPage } from "../../src/report/compared-page.js";
import { SCOPE_VERSION } from "../../src/semconv.js";
import { quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";
import { sectionOf } from "../fixtures/report-page.js";
import { newKey } from "../fixtures/signed-notes.js";
import { TrailWriter } from "../fixtures/trail.js";

let folder: string;
let whole: string;
let part: string;
let key: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  const journal = join(folder, "g.db");
  await quorumlog(["demo", journal]);
  key = readFileSync(`${journal}.vkey`, "utf8").trim();
  const policy = join(folder, "policy.json");
  writeFileSync(policy, '{"participation":"2/3","approval":{"share":"2/3","of":"decided"}}');
  const page = async (...argv: string[]) =>
    (await quorumlog(["report", journal, "--out", "-", "--key", key, ...argv])).stdout;
  whole = await page("--policy", policy, "--title", "Q2 </script> id=evidence", "--sample", "5");
  part = await page("--since", "2026-04-14T12:01:00Z", "--until", "2026-04-14T12:05:00Z");
});

afterAll(() => rmSync(folder, { recursive: true }));

const row = (sequence: number): RegExp => new RegExp(`<tr id="seq-${sequence}">.*?(?=<tr)`, "s");

/** What `quorumlog verify` says of a page. */
async function verified(html: string) {
  const path = join(temporaryFolder(), "report.html");
  writeFileSync(path, html);
  return quorumlog(["verify", path, "--key", key]);
}

test("a report of a period tells how things stood at its end, and compares", async () => {
  const trail = new TrailWriter().federation();
  trail.passed("p");
  trail.grant("p");
  trail.passed("q", { kind: "revoke-model" });
  trail.revoke("q");
  trail.remove("bob");
  const path = newPath();
  const log = openJournal(path, { logId: "acme.example" });
  const { entries } = trail;
  append(log, entries.length, (at) => {
    const { operation, proposalId, subjectId, kind, actorDid, decision, details } =
      entries[at] ?? expect.fail();
    const columns = { proposalId, subjectId, kind, actorDid, decision };
    return { operation, ...columns, details, timestamp: trail.timeOf(at) } as Partial<AuditEvent>;
  });
  await log.checkpoint({ keys: [newKey("acme.example")] });
  log.close();
  const { stdout: page } = await quorumlog(
    ["report", path, "--out", "-", "--since", "2026-04-14T12:00:04Z"].concat(
      "--until",
      "2026-04-14T12:00:14Z",
    ),
  );
  const summary = sectionOf(page, "summary");
  expect(summary).toMatch(/Proposals passed 1 .* Proposals open 1 /);
  expect(summary).toMatch(/in force at the end of the period 1 Members at .* period 4 /);
  expect(summary).toMatch(/Time to decide median 4 s, longest 4 s, of 1 /);
  expect(sectionOf(page, "pictures")).toMatch(/1 proposal by the time .* longest took 4 s/);
  expect(sectionOf(page, "subjects")).toMatch(/medical-ai-v2 authorized /);
  expect(await comparedPage(page)).toMatchObject({ compared: "part", problems: [] });
});

describe("a report that is compared with its evidence", () => {
  test("is made again byte for byte, with its policy and what its maker stated", async () => {
    expect(await comparedPage(whole)).toMatchObject({
      compared: "page",
      version: SCOPE_VERSION,
      problems: [],
    });
    const { code, stderr } = await verified(whole);
    expect([code, stderr]).toEqual([0, expect.stringContaining("byte for byte")]);
  });

  test("of a part of a log is compared as far as its evidence goes", async () => {
    expect(await comparedPage(part)).toMatchObject({ compared: "part", problems: [] });
    const { code, stdout, stderr } = await verified(part);
    expect([code, stderr]).toEqual([0, expect.stringContaining("were not compared")]);
    expect(stdout).toMatch(/^verified: (\d+) of \1 entries; \d+ more of the log are not here/);
  });

  test.each<[string, RegExp, string, string]>([
    ["a row that is left out", row(13), "", "the page does not show entry 13"],
    ["a row that is repeated", row(13), "$&$&", "the page shows entry 13 twice"],
    ["another line", /(id="seq-13".*?"operation":")/s, "$1x", "shows entry 13 otherwise"],
    ["another time", /(id="seq-13"><td>13<td>)2026/, "$12025", "shows entry 13 otherwise"],
    ["a row of no entry", /<tr id="seq-13">/, '<tr id="seq-99"><td>99$&', "shows an entry 99"],
    ["a script in front of the table", /<main>/, "<main><script>1</script>", "outside of its"],
    ["text between rows", /<tr id="seq-13">/, "x$&", "shows entry 12 otherwise"],
  ])("differs by %s, whatever its scope is", async (_, from, to, problem) => {
    for (const html of [whole, part]) {
      const changed = html.replace(from, to);
      expect(changed === html).toBe(false);
      const { problems } = await comparedPage(changed);
      expect(problems.join("; ")).toContain(problem);
      const { code, stdout } = await verified(changed);
      // the entries are intact: only the page is wrong
      expect([code, stdout]).toEqual([1, expect.stringMatching(/^page +FAILED /m)]);
      expect(stdout).toMatch(/^FAILED: the page, .*\n\nintegrity +verified .*\n/);
      expect(stdout).toContain(problem);
    }
  });

  test("as JSON, a page that differs is not verified, though the verdicts are the evidence's", async () => {
    const path = join(temporaryFolder(), "report.html");
    writeFileSync(path, whole.replace(row(13), ""));
    const { code, stdout } = await quorumlog(["verify", path, "--key", key, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verified: false,
      integrity: "verified",
      problemCount: 0,
      page: { problems: ["the page does not show entry 13"] },
    });
  });

  test("says what was compared in lines that fit the terminal, and not as an error", async () => {
    const path = join(temporaryFolder(), "report.html");
    writeFileSync(path, whole);
    const { stderr } = await quorumlog(["verify", path, "--key", key], { columns: 80 });
    expect(stderr).toMatch(/^\nthe page is, byte for byte,/);
    const words = stderr.split("\n").filter((line) => line.includes(" "));
    expect(words.filter((line) => line.length > 80)).toEqual([]);
  });

  test.each<[string, RegExp, string]>([
    ["summary", /(Proposals passed<\/dt><dd><data value="3">)3/, "$14"],
    ["cases", /class="state passed">passed/, 'class="state open">open'],
    ["exceptions", / errors, /, " mistakes, "],
    ["pictures", /<rect /, '<rect hidden="" '],
  ])("of a whole log differs by another section %s", async (id, from, to) => {
    const { problems } = await comparedPage(whole.replace(from, to));
    expect(problems).toEqual([`the section "${id}" of the page is not what its evidence makes`]);
  });

  test("is not compared if another version made it, and never ends with 0 then", async () => {
    const other = whole.replaceAll(`"version":"${SCOPE_VERSION}"`, '"version":"9.9.9"');
    expect(await comparedPage(other)).toMatchObject({ compared: "nothing", problems: [] });
    const { code, stdout, stderr } = await verified(other);
    expect([code, stdout]).toEqual([3, expect.stringContaining("verified: 28 of 28")]);
    expect(stderr).toContain("quorumlog 9.9.9 made it; use that version");
  });

  test.each<[string, RegExp, string, string]>([
    ["more entries held", /"held":28/, '"held":29', "a whole log of 28"],
    ["an empty id", /"scope":{}/, '"scope":{"proposalId":""}', "proposalId that is no id"],
    [
      "an invented proposal",
      /"scope":{}/,
      '"scope":{"proposalId":"p"}',
      "entry 0 is outside of the scope that the page states, and so are 27 more",
    ],
    ["an invented subject", /"scope":{}/, '"scope":{"subjectId":"s"}', "entry 0 is outside of"],
    [
      "a proposal that is one of several",
      /"scope":{}/,
      '"scope":{"proposalId":"urn:pqc-gov-prop:7f3a9c21"}',
      "is outside of the scope",
    ],
    ["another period", /"scope":{}/, '"scope":{"since":"2026-04-14T12:01:00Z"}', "is outside of"],
    ["a negative count", /"uncovered":0/, '"uncovered":-5', 'uncovered "-5"'],
    ["another end", /"readTo":27/, '"readTo":28', "read up to entry 28"],
    ["gaps", /"isComplete":true/, '"isComplete":false', "has a gap"],
    ["more covered than there is", /"covered":28/, '"covered":29', "no check can have found"],
    ["a verdict of its own", /"integrity":"verified"/, '"integrity":"sound"', "no check can have"],
    [
      "failures without a problem",
      /"integrity":"verified"/,
      '"integrity":"failed"',
      "no check can have",
    ],
    ["no hash of its policy", /"policySha256":"\w+",/, "", "without its SHA-256"],
    ["another hash", /("policySha256":")\w{4}/, "$10000", "not that of the policy"],
  ])("contradicts itself by %s", async (_, from, to, problem) => {
    const changed = whole.replace(from, to);
    expect(changed === whole).toBe(false);
    expect((await comparedPage(changed)).problems.join("; ")).toContain(problem);
  });

  test.each<[string, RegExp, string, string]>([
    ["a proposal that no entry names", /"scope":{[^}]*}/, '"scope":{"proposalId":"p"}', "no entry"],
    ["a subject that no entry names", /"scope":{[^}]*}/, '"scope":{"subjectId":"s"}', "no entry"],
    ["fewer entries held", /"held":28/, '"held":2', "its source held 2 entries"],
    ["an end before its entries", /"readTo":27/, '"readTo":3', "read up to entry 3"],
    ["a source longer than its trail", /"held":28/, '"held":29', "read up to entry 27"],
    ["no condition", /"scope":{[^}]*}/, '"scope":{}', "no condition leaves out"],
    ["no gap where entries are missing", /"held":28/, '"held":27', "has no gap"],
  ])("of a part of a log contradicts itself by %s", async (_, from, to, problem) => {
    const changed = part.replace(from, to);
    expect(changed === part).toBe(false);
    expect((await comparedPage(changed)).problems.join("; ")).toContain(problem);
    expect((await verified(changed)).code).toBe(1);
  });

  test.each<[string, RegExp, string, string]>([
    [
      "its numbers",
      /entries of <data value="28">28/,
      'entries of <data value="28">8',
      "population",
    ],
    ["its root", /Root hash<\/dt><dd><code class="hash">\w/, "$&0", "population"],
    ["the item that was drawn", /(<table data-table="sample".*?href="#seq-)\d+/s, "$11", "sample"],
    ["the seed of its sample", /(Seed<\/dt><dd><code class="hash">)\w/, "$1x", "sample"],
    [
      "a row of a sample",
      /(<table data-table="sample".*?<tbody>\n)<tr>.*?(?=<tr>)/s,
      "$1",
      "sample",
    ],
  ])("of a part of a log differs by %s", async (_, from, to, section) => {
    const changed = part.replace(from, to);
    expect(changed === part).toBe(false);
    const { problems } = await comparedPage(changed);
    expect(problems).toEqual([
      expect.stringMatching(`^the (?:section ")?${section}"? of the page `),
    ]);
  });

  test("of a part of a log says which of its sections are its maker's statement", () => {
    expect(sectionOf(part, "verification")).toContain("They are the statement of whoever made it");
    expect(sectionOf(whole, "verification")).not.toContain("statement of whoever made it");
    expect(sectionOf(whole, "population")).toMatch(
      /As its maker states Title Q2 .* Sample at most 5/,
    );
  });

  test.each([
    "<template>",
    "</div>",
    '<b id="seq-13"></b>',
    "<svg><desc><pre/></desc></svg>",
    '<svg width="0" height="0"><desc><pre/></desc></svg>',
    "<svg><title><details/></title></svg>",
    "<svg><desc><title/></desc></svg>",
    "<svg><foreignObject><p/></foreignObject></svg>",
    "<p><p></p></p>",
    "<p><table></table></p>",
    "<table>x</table>",
    "<title>",
    "<style>main{display:none}</style>",
    "<br>",
    "<plaintext>",
    "<h2>Entries</h2>",
    '<p hidden class="none">',
    '<p class="hatches">x</p>',
    '<svg width="9" height="9" overflow="visible"><rect x="-5000" y="-9" width="20000"/></svg>',
    '<div class="scroll" role="group" aria-label="x" tabindex="0"><table data-table="entries" ' +
      'class=""></table></div>',
    '<details class="case" open id="seq-13"><summary>x</summary></details>',
    '<p class="none">\u202ex</p>',
    '<p class="none">&#8238;x</p>',
  ])("of a part of a log has no section that changes what is after it: %s", async (more) => {
    for (const id of ["exceptions", "subjects"]) {
      const end = new RegExp(`(?<=<section id="${id}">(?:(?!</section>).)*)</section>`, "s");
      const changed = part.replace(end, `${more}$&`);
      expect(changed === part).toBe(false);
      expect((await comparedPage(changed)).problems).not.toEqual([]);
    }
  });

  test("has no comment, in which a browser would find no evidence", async () => {
    const changed = part.replace(/(?=<\/section>\s*<section id="entries">)/, "<!-- ");
    await expect(comparedPage(changed)).rejects.toMatchObject({ code: "invalid_evidence" });
  });

  test("of a part of a log may state other results than those of its own entries", async () => {
    const stated = part.replace(
      /(?<=<section id="exceptions">\n<h2>Exceptions<\/h2>\n)/,
      '<p class="none">Two &lt;b&gt; of <data value="3">3</data>.</p>\n',
    );
    expect(stated === part).toBe(false);
    expect((await comparedPage(stated)).problems).toEqual([]);
  });

  test("may come with CRLF line ends, and the choices of its maker are named", async () => {
    const { code, stderr } = await verified(whole.replaceAll("\n", "\r\n"));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/made with .*policy sha256 \w{64}/s)]);
  });

  test("of a part of a log without a condition may have all that its source held", async () => {
    const stated = part
      .replace(/"scope":{[^}]*},/, '"scope":{},')
      .replace('"held":28', '"held":12');
    const { problems } = await comparedPage(stated);
    expect(problems.join()).not.toContain("no condition");
  });

  test.each(["{}", "[", '{"scope":{},"making":{},"sampleSize":"x"}', '{"scope":{},"making":1}'])(
    "does not trust what it states: %s",
    async (json) => {
      const changed = whole.replace(/(id="statement">)[^<]*/, `$1${json}`);
      expect(await comparedPage(changed)).toMatchObject({ compared: "nothing" });
    },
  );
});

describe("a report of a part of a log that is being written", () => {
  test("has the entries that the checkpoint covers, and says what it left out", async () => {
    const { path, vkey } = await signedJournal(4, 3);
    const { stdout } = await quorumlog(["report", path, "--proposal", "p1", "--out", "-"]);
    expect(sectionOf(stdout, "population")).toContain("2 entries of the scope are left out");
    expect((await comparedPage(stdout)).problems).toEqual([]);
    key = vkey;
    expect((await verified(stdout)).code).toBe(0);
  });
});
