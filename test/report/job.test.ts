import { beforeAll, describe, expect, test } from "vitest";
import { parseBundle } from "../../src/integrity/evidence-bundle.js";
import { embeddedEvidence } from "../../src/report/embedded-evidence.js";
import type { ShownEntry } from "../../src/report/page/evidence.js";
import { runJob } from "../../src/report/page/job.js";
import { quorumlog } from "../fixtures/command-line.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

let page: string;
let key: string;
let text: string;
let shown: ShownEntry[];
beforeAll(async () => {
  const { path, vkey } = await signedJournal(4);
  const { stdout } = await quorumlog(["report", path, "--out", "-"], { cwd: temporaryFolder() });
  [page, key] = [stdout, vkey];
  text = await embeddedEvidence(page);
  shown = parseBundle(text).entries.map(({ sequence, line }) => {
    const { timestamp, operation } = JSON.parse(line);
    const time = timestamp.replace("T", " ").replace("Z", "");
    return { sequence, time, operation, line, leafHash: hashIn(sequence) };
  });
});

/** The leaf hash that the page shows for an entry. */
function hashIn(sequence: number): string {
  const [, row = ""] = page.split(`<tr id="seq-${sequence}">`);
  return /<td>(?<hash>[0-9a-f]{64})/.exec(row)?.groups?.["hash"] ?? "";
}

async function judged(rows: readonly ShownEntry[] | undefined) {
  const evidence = { kind: "bundle", text, ...(rows && { shown: rows }) } as const;
  const outcome = await runJob({ evidence, keys: [key], kept: [] }, () => {});
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome.report;
}

const NOT_COMPARED = expect.stringContaining("Summary, pictures, sample, exceptions");

describe("the check of a page", () => {
  test("verifies what the page shows, and a bundle alone", async () => {
    expect((await judged(shown)).verified).toBe(true);
    expect((await judged(undefined)).verified).toBe(true);
  });

  test("says first that of a page only the entries were compared, and not of a bundle", async () => {
    const [first, ...others] = (await judged(shown)).unknown;
    expect(first).toEqual(NOT_COMPARED);
    expect((await judged(undefined)).unknown).toEqual(others);
  });

  test.each<[string, (rows: ShownEntry[]) => ShownEntry[]]>([
    ["a row that is left out", (rows) => rows.toSpliced(2, 1)],
    ["no row at all", () => []],
    [
      "a forged row before the true one",
      ([row, ...rows]) => [{ ...(row as ShownEntry), line: "forged" }, row as ShownEntry, ...rows],
    ],
    ["another line", (rows) => rows.with(1, { ...(rows[1] as ShownEntry), line: "forged" })],
    ["another time", (rows) => rows.with(1, { ...(rows[1] as ShownEntry), time: "2020-01-01" })],
    ["another operation", (rows) => rows.with(1, { ...(rows[1] as ShownEntry), operation: "x" })],
    [
      "another leaf hash",
      (rows) => rows.with(1, { ...(rows[1] as ShownEntry), leafHash: hashIn(0) }),
    ],
    [
      "a row of no entry",
      (rows) => [...rows, { ...(rows[1] as ShownEntry), sequence: Number.NaN }],
    ],
  ])("fails for %s", async (_, change) => {
    expect(await judged(change(shown))).toMatchObject({ verified: false });
  });
});

describe("the evidence in a page", () => {
  test.each<[string, (html: string) => string]>([
    [
      "in a comment",
      (html) => html.replace(/(<script type="application.*?<\/script>)/s, "<!-- $1 -->"),
    ],
    ["there twice", (html) => `${html}<script id=evidence type="application/json">{}</script>`],
  ])("is refused where it is %s: a browser could take another", async (_, change) => {
    await expect(embeddedEvidence(change(page))).rejects.toMatchObject({
      code: "invalid_evidence",
    });
  });
});
