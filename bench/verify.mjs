// Verifying a million entries beside the least that a verifier must do: hash each line, and compute
// the root of the tree.
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leafHashOf } from "../dist/entry/line.js";
import { generateKeys } from "../dist/integrity/keys/key-generation.js";
import { signingKeyOf } from "../dist/integrity/keys/signing-key.js";
import { CompactRange } from "../dist/integrity/merkle/compact-range.js";
import { signCheckpoint } from "../dist/integrity/sign-checkpoint.js";
import { Journal } from "../dist/journal/index.js";
import { ndjsonSource, verify } from "../dist/verify/index.js";
import { fill, row } from "./filled-journal.mjs";
import { median, sized, table, times } from "./measure.mjs";

const ENTRIES = sized(1_000_000, 300);
const CHECKPOINT_EVERY = sized(10_000, 100);
const ROUNDS = sized(5, 1);
const CHUNK = 65_536;
const START = Date.UTC(2026, 0, 1);
const LOG = "quorumlog";

const { privateKeyPem, vkey } = generateKeys(LOG, "ed25519");
const keys = [signingKeyOf(LOG, privateKeyPem)];
const chunks = [];
let checkpoints = "";
let range = CompactRange.EMPTY;
let text = "";
for (let sequence = 0; sequence < ENTRIES; sequence++) {
  const { line } = row(sequence, LOG);
  range = range.append(leafHashOf(line));
  text += `${line}\n`;
  if (text.length >= CHUNK || sequence === ENTRIES - 1) {
    chunks.push(Buffer.from(text));
    text = "";
  }
  if (range.size % CHECKPOINT_EVERY === 0 || range.size === ENTRIES)
    checkpoints += (
      await signCheckpoint({
        origin: LOG,
        size: range.size,
        root: range.root(),
        keys,
        timeMillis: START,
      })
    ).note;
}
const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
const bytesEach = (bytes / ENTRIES).toFixed(0);
console.log(`\n${ENTRIES} entries of ${bytesEach} bytes, a checkpoint every ${CHECKPOINT_EVERY}`);

/** Cuts the lines from their bytes, hashes them, and computes the root with our own hashing. */
function rawRoot() {
  let tree = CompactRange.EMPTY;
  for (const chunk of chunks)
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(0x0a, start);
      tree = tree.append(leafHashOf(chunk.toString("utf8", start, end)));
      start = end + 1;
    }
  return tree.root();
}

/** The same with `crypto.hash`, which returns a new buffer for each hash. */
function plainRoot() {
  const node = Buffer.alloc(65, 1);
  const roots = [];
  let size = 0;
  for (const chunk of chunks)
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(0x0a, start);
      let root = hash("sha256", `\0${chunk.toString("utf8", start, end)}`, "buffer");
      for (let rest = size++; rest % 2 === 1; rest = (rest - 1) / 2) {
        node.set(roots.pop(), 1);
        node.set(root, 33);
        root = hash("sha256", node, "buffer");
      }
      roots.push(root);
      start = end + 1;
    }
  return roots;
}

async function verifyExport() {
  const report = await verify(ndjsonSource(chunks, { checkpoints }), { keys: [vkey] });
  if (!report.verified || report.covered !== ENTRIES)
    throw new Error(JSON.stringify(report.problems));
}

const folder = mkdtempSync(join(tmpdir(), "quorumlog-bench-"));
const path = join(folder, "governance.db");
fill(path, ENTRIES, LOG);
const journal = Journal.open(path);
await journal.checkpoint({ keys });

async function verifyJournal() {
  const report = await verify(journal.evidence(), { keys: [vkey] });
  if (!report.verified || report.covered !== ENTRIES)
    throw new Error(JSON.stringify(report.problems));
}

const tasks = { plainRoot, rawRoot, verifyExport, verifyJournal };
const NAMES = {
  plainRoot: "leaf hashes and root alone, by crypto.hash",
  rawRoot: "the same, by our own hashing",
  verifyExport: "verify, an NDJSON export",
  verifyJournal: "verify, a journal",
};

const found = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
/** Time of all processors, of all threads: other work on the machine does not add to it. */
const worked = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, task] of Object.entries(tasks)) {
    globalThis.gc();
    const start = performance.now();
    const before = process.cpuUsage();
    await task();
    found[name].push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    worked[name].push(user + system);
  }
const seconds = (millis) => `${(millis / 1000).toFixed(2)} s`;
console.log(`median of ${ROUNDS} rounds by turns; ratios round by round`);
table([
  ["", "median", "slowest", "us an entry", "x crypto.hash", "x ours", "processor time, x ours"],
  ...Object.keys(tasks).map((name) => [
    NAMES[name],
    seconds(median(found[name])),
    seconds(Math.max(...found[name])),
    ((median(found[name]) * 1000) / ENTRIES).toFixed(2),
    times(median(found[name].map((value, round) => value / found.plainRoot[round]))),
    times(median(found[name].map((value, round) => value / found.rawRoot[round]))),
    times(median(worked[name].map((value, round) => value / worked.rawRoot[round]))),
  ]),
]);
journal.close();
rmSync(folder, { recursive: true });
