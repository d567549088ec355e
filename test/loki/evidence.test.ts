import { describe, expect, test } from "vitest";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { type VerificationReport, verify } from "../../src/verify/index.js";
import { FakeLoki, type FakeRecord } from "../fixtures/fake-loki.ts";
import { all, LOG, readerOf, sealed, send } from "../fixtures/loki-records.ts";
import { signedLoki } from "../fixtures/signed-loki.ts";

const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");

const filled = async (count = 20): Promise<FakeLoki> =>
  (await signedLoki(privateKeyPem, "did:\ufffd\0", count)).loki;

const judged = (loki: FakeLoki): Promise<VerificationReport> =>
  verify(readerOf(loki).evidence(), { keys: [vkey] });
const placesOf = ({ problems }: VerificationReport) =>
  problems.map(({ code, sequence }) => [code, sequence]);
const recordOf = (loki: FakeLoki, sequence: number): FakeRecord =>
  loki.records.find(({ metadata }) => metadata["governance_sequence"] === `${sequence}`) ??
  expect.fail();

describe("the evidence of a Loki", () => {
  test("verifies, with the checkpoints that were delivered beside the entries", async () => {
    await using loki = await filled();
    expect(await judged(loki)).toMatchObject({
      verified: true,
      integrity: "verified",
      completeness: "verified",
      authenticity: "verified",
      entries: 20,
      covered: 20,
    });
    expect(await readerOf(loki).count()).toBe(20);
  });

  test("verifies when it was delivered twice", async () => {
    await using loki = await filled();
    const stream = { service_name: "federation", service_instance_id: "two" };
    for (const record of [...loki.records]) loki.records.push({ ...record, stream });
    expect(await judged(loki)).toMatchObject({ verified: true, entries: 20 });
  });

  test("can be read again, and ended early", async () => {
    await using loki = await filled();
    const evidence = readerOf(loki).evidence();
    expect(await all(evidence)).toEqual(await all(evidence));
    for await (const item of evidence) {
      expect(item.kind).toBe("line");
      break;
    }
  });

  test("says which entry is missing", async () => {
    await using loki = await filled();
    loki.records.splice(loki.records.indexOf(recordOf(loki, 7)), 1);
    const report = await judged(loki);
    expect(report).toMatchObject({ verified: false, completeness: "failed" });
    expect(report.problems).toMatchObject([{ code: "missing_entries", from: 7, to: 7 }]);
  });

  test("says which line was changed, with its leaf hash or without", async () => {
    await using loki = await filled();
    const record = recordOf(loki, 7);
    record.line = record.line.replace("approve", "reject");
    expect(placesOf(await judged(loki))).toContainEqual(["leaf_hash_mismatch", 7]);
  });

  test.each<[label: string, value: string | undefined]>([
    ["governance_decision", "reject"],
    ["governance_actor_did", undefined],
    ["governance_operation", "x"],
    ["governance_timestamp_millis", "1"],
    ["governance_subject_id", "model"],
    ["governance_checkpoint_size", "21"],
    ["log_record_uid", "1"],
    ["severity_number", "17"],
    ["severity_number", undefined],
    ["severity_text", "ERROR"],
    ["detected_level", "error"],
    ["event_name", "governance.node_removed"],
    ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
    ["span_id", "b7ad6b7169203331"],
    ["observed_timestamp", "1"],
    ["governance_details_vote_id", "v8"],
    ["governance_details_vote_id", undefined],
    ["governance_details_weight", "7"],
    ["governance_details_toString", "7"],
  ])("says which entry was given another label: %s = %s", async (label, value) => {
    await using loki = await filled();
    const { metadata } = recordOf(loki, 7);
    if (value === undefined) delete metadata[label];
    else metadata[label] = value;
    const report = await judged(loki);
    expect(placesOf(report)).toEqual([["source_problem", 7]]);
    expect(report.problems[0]?.message).toContain(`another ${label};`);
  });

  test.each<[label: string, value: string]>([
    ["governance_decision", "reject"],
    ["governance_subject_id", "model"],
    ["severity_number", "17"],
    ["detected_level", "error"],
    ["governance_details_weight", "7"],
    ["governance_operation", "checkpoint"],
  ])(
    "says which entry has a label of its stream too, by which Loki finds it: %s = %s",
    async (label, value) => {
      await using loki = await filled();
      const record = recordOf(loki, 7);
      Object.assign(record, { stream: { ...record.stream, [label]: value } });
      const report = await judged(loki);
      expect(placesOf(report)).toEqual([["source_problem", 7]]);
      expect(report.problems[0]?.message).toContain(`another ${label};`);
    },
  );

  test.each([["governance_operation"], ["governance_sequence"]])(
    "says which record no log sealed, though dashboards show it as an entry: it has %s",
    async (label) => {
      await using loki = await filled();
      const { governance_log_id: _, ...metadata } = recordOf(loki, 7).metadata;
      const forged = { ...recordOf(loki, 7), metadata: { [label]: `${metadata[label]}` } };
      loki.records.push(forged);
      for (const logId of [undefined, LOG]) {
        const report = await verify(readerOf(loki, { logId }).evidence(), { keys: [vkey] });
        expect(report).toMatchObject({ verified: false, integrity: "failed", entries: 20 });
        expect(report.problems).toMatchObject([{ code: "source_problem" }]);
        expect(report.problems[0]?.message).toContain(`a record of ${forged.nanos} ns`);
      }
    },
  );

  test.each<[string, bigint]>([
    ["a nanosecond later", 1n],
    ["20 minutes later", 1_200_000_000_000n],
    ["a day earlier", -86_400_000_000_000n],
  ])("says which entry was moved in time, %s", async (_, by) => {
    await using loki = await filled();
    const record = recordOf(loki, 19);
    const nanos = record.nanos + by;
    const metadata = { ...record.metadata, observed_timestamp: `${nanos}` };
    loki.records.splice(loki.records.indexOf(record), 1, { ...record, nanos, metadata });
    const report = await judged(loki);
    expect(placesOf(report)).toContainEqual(["source_problem", 19]);
    expect(report.problems.map(({ message }) => message).join()).toContain(`the time ${nanos} ns`);
  });

  test.each<[label: string, value: string]>([
    ["governance_checkpoint_size", "19"],
    ["governance_checkpoint_root_hash", "00"],
    ["severity_number", "17"],
    ["governance_actor_did", "did:a"],
    ["governance_details_title", "Approved"],
  ])("says which checkpoint was given another label: %s = %s", async (label, value) => {
    await using loki = await filled();
    const checkpoint = loki.records.find(({ line }) => line.startsWith(`${LOG}\n20\n`));
    Object.assign(checkpoint?.metadata ?? expect.fail(), { [label]: value });
    const report = await judged(loki);
    expect(report.problems).toMatchObject([{ code: "source_problem" }]);
    expect(report.problems[0]?.message).toContain(`size 20 with another ${label};`);
  });

  test("does not mind what Loki and the Collector make of a record", async () => {
    await using loki = await FakeLoki.start();
    const details = {
      ...{
        a: 0.1,
        b: 1e21,
        c: 1e-7,
        d: true,
        e: "x\ufffdy",
        f: "",
        g: "\0\n ",
        h: -0,
        i: [1, "<"],
      },
      ...{ j: "z".repeat(2000), k: null, l: { n: [] } },
      ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index])),
    };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const recordedMillis = Date.now() - 60_000;
    const entries = [0, 1, 2].map((sequence) =>
      sealed(sequence, { operation: "node_removed", details }, { traceId, recordedMillis }),
    );
    await send(loki.url, entries);
    for (const { metadata } of loki.records)
      Object.assign(metadata, {
        event_name: "governance.node_removed",
        severity_text: "WARN",
        flags: "1",
        governance_details_i: '[1,"\\u003c"]',
        governance_details_j: "z".repeat(2000),
      });
    expect(await judged(loki)).toMatchObject({ problems: [], entries: 3 });
  });

  test("reads labels of the stream too, where Loki was told to index them", async () => {
    await using loki = await filled();
    for (const record of loki.records) {
      const { governance_log_id: log = "", ...metadata } = record.metadata;
      Object.assign(record, { metadata, stream: { ...record.stream, governance_log_id: log } });
    }
    expect(await judged(loki)).toMatchObject({ verified: true });
  });
});
