// The same call on an empty log and on full ones. Each runs in a separate process, so that none of
// them pays for the heap of a million entries.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GovernanceAuditLog } from "../dist/index.js";
import { median, ns, sideBySide, sized, table, times } from "./measure.mjs";
import { circle, votes } from "./votes.mjs";

const ROUNDS = sized(3, 1);
const SIZES = [0, sized(100_000, 100), sized(1_000_000, 1000)];

function measured(size) {
  const next = circle(votes());
  const audit = new GovernanceAuditLog({ maxEntries: size === 0 ? 1_000_000 : size });
  for (let i = 0; i < size; i++) audit.logVoteCast(next());
  const fresh = () => (size === 0 ? new GovernanceAuditLog() : audit);
  return sideBySide({
    call: () => {
      const log = fresh();
      return () => log.logVoteCast(next());
    },
  }).call;
}

function inOwnProcess(size) {
  const { stdout } = spawnSync(process.execPath, [
    "--expose-gc",
    fileURLToPath(import.meta.url),
    String(size),
  ]);
  return Number(stdout);
}

if (process.argv[2] !== undefined) console.log(measured(Number(process.argv[2])));
else {
  const found = new Map(SIZES.map((size) => [size, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const size of SIZES) found.get(size).push(inOwnProcess(size));
  const empty = median(found.get(0));
  table([
    ["", "a call", "x empty"],
    ...SIZES.map((size) => {
      const value = median(found.get(size));
      return [
        size === 0 ? "log empty at the start" : `full log of ${size}`,
        ns(value),
        times(value / empty),
      ];
    }),
  ]);
}
