import { appendFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RereadFile } from "../../src/cli/input/given-file.js";
import { temporaryFolder } from "../fixtures/journal.js";

async function reread(text: string) {
  const path = join(temporaryFolder(), "log.ndjson");
  writeFileSync(path, text);
  const file = await open(path);
  onTestFinished(() => file.close());
  const bytes = new RereadFile(file, "log.ndjson", { signal: new AbortController().signal });
  const read = async () => {
    let all = "";
    for await (const chunk of bytes.read()) all += chunk;
    return all;
  };
  return { path, read };
}

test("a file gives the same bytes each time, from the first on", async () => {
  const { read } = await reread("one\ntwo\n");
  expect([await read(), await read(), await read()]).toEqual(Array(3).fill("one\ntwo\n"));
});

test.each<[string, (path: string) => void]>([
  ["another byte", (path) => writeFileSync(path, "one\ntwX\n")],
  ["one byte more", (path) => appendFileSync(path, "\n")],
  ["no byte", (path) => writeFileSync(path, "")],
])("a file that changed since it was read is refused: %s", async (_, change) => {
  const { path, read } = await reread("one\ntwo\n");
  await read();
  change(path);
  const changed = { code: "invalid_evidence", message: expect.stringContaining("was changed") };
  await expect(read()).rejects.toMatchObject(changed);
});
