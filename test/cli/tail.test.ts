import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal } from "../fixtures/journal.js";
import { journalOf } from "../fixtures/journals.js";

describe("quorumlog tail", () => {
  test("shows the newest entries, the oldest of them first", async () => {
    const path = journalOf(
      Array.from({ length: 12 }, (_, at) => ({ actorDid: at === 3 ? "did:x" : "did:a" })),
    );
    const shown = async (...flags: string[]): Promise<unknown[]> =>
      objectsOf((await quorumlog(["tail", path, "--json", ...flags])).stdout).map(
        ({ sequence }) => sequence,
      );
    expect(await shown()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await shown("-n", "2")).toEqual([10, 11]);
    expect(await shown("-n", "2", "--actor", "did:x")).toEqual([3]);
    expect(await shown("-n", "0")).toEqual([]);
  });

  test("with -f goes on with what is appended and matches, until a signal", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    const user = new AbortController();
    const seen: unknown[] = [];
    const steps = [
      () => append(journal, 3, (sequence) => ({ decision: sequence === 3 ? "reject" : "approve" })),
      () => append(journal, 600, () => ({ decision: "approve" })),
    ];
    const { code } = await quorumlog(["tail", path, "-f", "-n", "1", "--json"], {
      signal: user.signal,
      onOutput: (text) => {
        seen.push(...objectsOf(text).map(({ sequence }) => sequence));
        steps.shift()?.();
        if (seen.at(-1) === 604) user.abort("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(seen).toEqual(Array.from({ length: 604 }, (_, at) => at + 1));
  });

  test("with -f keeps to the conditions, under one header", async () => {
    const path = newPath();
    const journal = openJournal(path);
    const vote = (...decisions: string[]): void =>
      decisions.forEach((decision) => void append(journal, 1, () => ({ decision })));
    vote("reject", "reject");
    const user = new AbortController();
    const steps = [
      () => vote("approve", "reject"),
      () => vote("reject", "reject"),
      () => user.abort("SIGTERM"),
    ];
    const flags = ["--follow", "-n", "2", "--decision", "reject", "--after", "0", "--before", "5"];
    const { code, stdout } = await quorumlog(["tail", path, ...flags], {
      signal: user.signal,
      onOutput: () => steps.shift()?.(),
    });
    expect(code).toBe(143);
    expect(stdout.match(/^\S+/gm)).toEqual(["#", "1", "3", "4"]);
  });

  test("with -f ends when the journal is another file", async () => {
    const path = newPath();
    append(openJournal(path), 1);
    const { code, stderr } = await quorumlog(["tail", path, "-f"], {
      onOutput: () => rmSync(path),
    });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^quorumlog: journal: \S+ was deleted, moved or replaced\n$/),
    });
  });
});
