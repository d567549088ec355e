import { describe, expect, test } from "vitest";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { type VerificationReport, verify } from "../../src/verify/index.js";
import type { FakeLoki, FakeRecord } from "../fixtures/fake-loki.ts";
import { all, LOG, readerOf } from "../fixtures/loki-records.ts";
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

  test.each<[string, (metadata: Record<string, string>) => void]>([
    ["another decision", (metadata) => Object.assign(metadata, { governance_decision: "reject" })],
    ["no actor", (metadata) => delete metadata["governance_actor_did"]],
    [
      "an operation that is not its own",
      (metadata) => Object.assign(metadata, { governance_operation: "x" }),
    ],
    ["another time", (metadata) => Object.assign(metadata, { governance_timestamp_millis: "1" })],
    ["another id", (metadata) => Object.assign(metadata, { log_record_uid: "1" })],
  ])("says which entry is found by %s", async (_, change) => {
    await using loki = await filled();
    change(recordOf(loki, 7).metadata);
    const report = await judged(loki);
    expect(placesOf(report)).toEqual([["source_problem", 7]]);
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
