import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { checkpointText } from "../../src/integrity/checkpoint.js";
import { parseVerifierKey } from "../../src/integrity/keys/verifier-key.js";
import type { Hash } from "../../src/integrity/merkle/merkle-hash.js";
import {
  consistencyProof,
  inclusionProof,
  rootOf,
} from "../../src/integrity/merkle/merkle-proofs.js";
import { parseNote } from "../../src/integrity/note/signed-note.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import { LONG } from "../fixtures/long-runs.js";
import { leavesOf, readerOf } from "../fixtures/naive-tree.js";
import { HAS_ML_DSA, newKey, ORIGIN, ROOT, TIME } from "../fixtures/signed-notes.js";

/** What main.go answers. */
interface Answers {
  readonly open: readonly {
    readonly text: string;
    readonly verified: readonly string[] | null;
    readonly error: string;
  }[];
  readonly sign: readonly { readonly vkey: string; readonly note: string }[];
  readonly inclusion: readonly string[];
  readonly consistency: readonly string[];
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function inclusionCases() {
  return [1, 2, 3, 7, 8, 9, 33].flatMap((size) => {
    const reader = readerOf(leavesOf(size));
    const Root = base64(rootOf(size, reader));
    return Array.from({ length: size }, (_, Index) => ({
      Index,
      Size: size,
      Root,
      LeafHash: base64(reader(Index, 0)),
      Proof: inclusionProof(Index, size, reader).map(base64),
    }));
  });
}

function consistencyCases() {
  const reader = readerOf(leavesOf(33));
  const root = (size: number): Hash => rootOf(size, reader);
  return [1, 2, 6, 8, 9, 33].flatMap((Second) =>
    Array.from({ length: Second }, (_, index) => ({
      First: index + 1,
      Second,
      FirstRoot: base64(root(index + 1)),
      SecondRoot: base64(root(Second)),
      Proof: consistencyProof(index + 1, Second, reader).map(base64),
    })),
  );
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const PLACES = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/go/bin"];
const GO = PLACES.map((place) => join(place, "go")).find((path) => existsSync(path));

/** Why the program cannot be built, if so: the first time, its two modules come from the network. */
function missing(): string | undefined {
  if (GO === undefined) return "there is no Go";
  const { status } = spawnSync(GO, ["mod", "download"], { cwd: FOLDER, timeout: 60_000 });
  return status === 0 ? undefined : "go mod download failed";
}

const reason = LONG ? missing() : "npm run test:long does it";
if (GO === undefined || reason !== undefined) {
  if (LONG) console.warn(`!!! SKIPPED: interoperation with Go: ${reason}`);
  test.skip(`interoperation with Go: ${reason}`, () => {});
} else
  describe("golang.org/x/mod/sumdb/note and github.com/transparency-dev/merkle", () => {
    const folder = mkdtempSync(join(tmpdir(), "quorumlog-interop-"));
    const key = newKey();
    const other = newKey("witness.example/näme");
    let ours: string;
    let answers: Answers;
    const inclusion = inclusionCases();
    const consistency = consistencyCases();
    const texts = [checkpointText(ORIGIN, 20852163, ROOT), "\n\nfree — text\n\n"];

    beforeAll(async () => {
      const keys = [key, other, ...(HAS_ML_DSA ? [newKey(ORIGIN, "ml-dsa-44")] : [])];
      ({ note: ours } = await signCheckpoint({
        origin: ORIGIN,
        size: 5,
        root: ROOT,
        keys,
        timeMillis: TIME,
      }));
      const vkeys = [key.verifierKey.vkey, other.verifierKey.vkey];
      const input = {
        Open: [
          { Note: ours, Vkeys: vkeys },
          { Note: ours.replace("\n5\n", "\n6\n"), Vkeys: vkeys },
        ],
        Sign: texts.map((Text, at) => ({ Name: ORIGIN, Seed: base64(Buffer.alloc(32, at)), Text })),
        Inclusion: [...inclusion, { ...inclusion.at(-1), Index: 0 }],
        Consistency: [...consistency, { ...consistency.at(-2), First: 1 }],
      };
      const program = join(folder, "interop");
      execFileSync(GO, ["build", "-o", program], {
        cwd: FOLDER,
        stdio: ["ignore", "inherit", "inherit"],
      });
      answers = JSON.parse(
        execFileSync(program, { input: JSON.stringify(input), encoding: "utf8" }),
      );
    }, 180_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    test("verify our notes, and refuse them when changed", () => {
      const [good, changed] = answers.open;
      expect(good).toEqual({
        text: parseNote(ours).text,
        verified: [ORIGIN, "witness.example/näme"],
        error: "",
      });
      expect(changed?.error).toContain("invalid signature");
    });

    test("make notes that we read, and verify where they are checkpoints", () => {
      expect(answers.sign.map(({ note }) => parseNote(note).text)).toEqual(texts);
      const { vkey, note } = answers.sign[0] ?? { vkey: "", note: "" };
      const trusted = [{ key: parseVerifierKey(vkey) }];
      expect(checkSignatures(note, trusted)).toMatchObject([{ status: "valid", kind: "log" }]);
      expect(checkSignatures(note.replace("20852163", "20852164"), trusted)).toMatchObject([
        { status: "invalid" },
      ]);
    });

    test("verify our inclusion proofs, and refuse one of another index", () => {
      expect(answers.inclusion.slice(0, -1)).toEqual(inclusion.map(() => ""));
      expect(answers.inclusion.at(-1)).not.toBe("");
    });

    test("verify our consistency proofs, and refuse one of another size", () => {
      expect(answers.consistency.slice(0, -1)).toEqual(consistency.map(() => ""));
      expect(answers.consistency.at(-1)).not.toBe("");
    });
  });
