import { join } from "node:path";
import { expect, test } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { append, openJournal, temporaryFolder } from "../fixtures/journal.js";
import { signedJournal } from "../fixtures/journals.js";

const PLURALS =
  /\b1 (?:newer )?(?:entries|problems|checkpoints|signatures|records|days)\b|1 of them are/;

test("a count of one has a noun in the singular, in every command", async () => {
  const { path, key, vkey } = await signedJournal(1, 1);
  const cwd = temporaryFolder();
  const out = join(cwd, "one.ndjson");
  const screens: string[] = [];
  const say = async (...argv: string[]): Promise<string> => {
    const { screen } = await quorumlog(argv, { cwd });
    screens.push(screen);
    return screen;
  };
  expect(await say("stats", path)).toContain(
    "covers 1 entry, signed 2026-04-14T12:30:00.000Z; 1 newer entry is not covered",
  );
  expect(await say("export", path, "--format", "ndjson", "-n", "1", "--out", "a.ndjson")).toContain(
    "1 entry written to ",
  );
  expect(await say("export", path, "--format", "ndjson", "--out", out)).toContain(
    "its checkpoint, which covers 1 entry, written to ",
  );
  expect(
    await say("verify", "a.ndjson", "--key", vkey, "--checkpoint", `${out}.checkpoint`),
  ).toContain("verified: 1 of 1 entry\n");
  expect(await say("verify", out, "--key", vkey)).toContain("covers 1 entry\n");
  expect(await say("prove", path, "--sequence", "1")).toContain("the newest one covers 1 entry");
  expect(await say("prove", out, "--sequence", "1")).toContain("covers 1 entry, but not entry 1");
  const journal = openJournal(path);
  append(journal, 1);
  await journal.checkpoint({ keys: [key] });
  await say("verify", "a.ndjson", "--key", vkey);
  for (const screen of screens) expect(screen).not.toMatch(PLURALS);
});
