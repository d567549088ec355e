import { readFileSync } from "node:fs";
import { join } from "node:path";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EvidenceItem, type EvidenceSource, verify } from "../../src/verify/index.js";
import { all } from "../fixtures/loki-records.ts";
import { Backends, describeBackends, journalLines, NAME, quorumlog, vkey } from "./backends.ts";
import { contractOf } from "./loki-contract.ts";
import { sealedOf } from "./sealed-of.ts";
import { TamperingExporter } from "./tampering-exporter.ts";
import { votes } from "./votes.ts";

const SERVICE = "votes";

describeBackends("the votes of a DAO, in Loki", () => {
  const cast = votes();
  let backends: Backends;
  let journal: string;

  beforeAll(async () => {
    backends = await Backends.start();
    journal = backends.journal(SERVICE);
    const start = performance.now();
    const audit = backends.log(SERVICE);
    for (const [index, vote] of cast.entries()) {
      audit.logVoteCast({ vote });
      if (index % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    }
    const called = performance.now();
    await audit.flush({ timeoutMillis: 120_000 });
    const acknowledged = performance.now();
    await audit.shutdown();
    await backends.hold(SERVICE, cast.length);
    const seconds = (until: number): string => ((until - start) / 1000).toFixed(1);
    console.info(
      `${cast.length} votes: helper calls ${seconds(called)} s, acknowledged ${seconds(acknowledged)} s, ` +
        `queryable ${seconds(performance.now())} s`,
    );
  }, 300_000);
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("are there once each, as the journal has them", async () => {
    expect(await backends.count(SERVICE)).toBe(cast.length);
    expect(await all(backends.reader(SERVICE).lines())).toEqual(journalLines(journal));
  });

  test("answer as memory does", async () => {
    const { proposalId = "", voterDid = "" } = cast[1000] ?? {};
    const asked = [
      { proposalId, limit: 20 },
      { actorDid: voterDid, order: "oldest" },
      { decision: "reject", limit: 50, before: 9000 },
      { proposalId, decision: "approve", actorDid: voterDid },
      { operation: "node_added" },
    ] as const;
    await contractOf(backends.reader(SERVICE), sealedOf(journal), { asked });
  }, 300_000);

  test("are proven, and what is left out or altered is named", async () => {
    const evidence = (): EvidenceSource => backends.reader(SERVICE).evidence();
    expect(await verify(evidence(), { keys: [vkey] })).toMatchObject({
      verified: true,
      covered: cast.length,
      duplicates: 0,
      problemCount: 0,
    });
    const without = altered(evidence(), (item) => (sequenceIn(item) === 77 ? undefined : item));
    expect(await verify(without, { keys: [vkey] })).toMatchObject({
      verified: false,
      completeness: "failed",
      problems: [expect.objectContaining({ code: "missing_entries", from: 77, to: 77 })],
    });
    const edited = altered(evidence(), (item) =>
      item.kind === "line" && sequenceIn(item) === 77
        ? {
            ...item,
            line: String(item.line).replace('"approve"', '"reject"').replace("did:", "DID:"),
          }
        : item,
    );
    expect(await verify(edited, { keys: [vkey] })).toMatchObject({
      verified: false,
      integrity: "failed",
      problems: [expect.objectContaining({ code: "leaf_hash_mismatch", sequence: 77 })],
    });
  });

  test("are verified by the command, out of Loki alone", async () => {
    const { code, stdout, stderr } = await backends.command(
      SERVICE,
      "verify",
      "--key",
      vkey,
      "--log",
      NAME,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`verified: ${cast.length} of ${cast.length} entries\n`);
  });

  test("come out of the command's query and export as out of the journal", async () => {
    for (const more of [
      ["--decision", "reject", "--limit", "30"],
      ["--json", "--all", "--actor", cast[0]?.voterDid ?? ""],
    ])
      expect(await backends.command(SERVICE, "query", ...more)).toEqual(
        await quorumlog("query", journal, ...more),
      );
    const files = ["loki", "journal"].map((from) => join(backends.folder, `${from}.ndjson`));
    const [ofLoki = "", ofJournal = ""] = files;
    const flags = ["--format", "ndjson", "--out"];
    expect((await backends.command(SERVICE, "export", ...flags, ofLoki)).code).toBe(0);
    expect((await quorumlog("export", journal, ...flags, ofJournal)).code).toBe(0);
    for (const suffix of ["", ".checkpoint"])
      expect(readFileSync(ofLoki + suffix, "utf8")).toBe(readFileSync(ofJournal + suffix, "utf8"));
    expect((await quorumlog("verify", ofLoki, "--key", vkey)).code).toBe(0);
  });
});

describeBackends(
  "a log of which one entry was left out on the way to Loki, and one altered",
  () => {
    const service = "tampered";
    let backends: Backends;

    beforeAll(async () => {
      backends = await Backends.start();
      const exporter = new TamperingExporter(backends.url);
      const audit = backends.log(service, { mirrors: [otlpMirror({ exporter, delayMillis: 50 })] });
      for (const vote of votes().slice(0, 200)) audit.logVoteCast({ vote });
      await audit.checkpoint();
      await audit.shutdown();
      await backends.holdRecords(service, 199);
    });
    afterAll(() => backends?.[Symbol.asyncDispose]());

    test("does not verify: the command names both", async () => {
      const { code, stdout } = await backends.command(service, "verify", "--key", vkey, "--json");
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        verified: false,
        integrity: "failed",
        completeness: "failed",
        problems: expect.arrayContaining([
          expect.objectContaining({ code: "missing_entries", from: 7, to: 7 }),
          expect.objectContaining({ code: "leaf_hash_mismatch", sequence: 9 }),
        ]),
      });
    });
  },
);

/** The evidence after `change`. Items for which it returns nothing are left out. */
function altered(
  source: EvidenceSource,
  change: (item: EvidenceItem) => EvidenceItem | undefined,
): EvidenceSource {
  return {
    ordered: false,
    async *[Symbol.asyncIterator]() {
      for await (const item of source) {
        const changed = change(item);
        if (changed !== undefined) yield changed;
      }
    },
  };
}

function sequenceIn(item: EvidenceItem): unknown {
  return item.kind === "line" ? JSON.parse(String(item.line)).seq : undefined;
}
