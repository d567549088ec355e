import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { splitNotes } from "../../src/integrity/note/signed-note.js";
import { objectsOf, quorumlog } from "../fixtures/command-line.js";
import { append, newPath, openJournal, tamper, temporaryFolder } from "../fixtures/journal.js";
import { journalOf, signedJournal } from "../fixtures/journals.js";

/** A folder with keys of a log. */
async function keysOf(name: string): Promise<{ readonly pem: string; readonly vkey: string }> {
  const folder = temporaryFolder();
  const argv = ["keygen", "--name", name, "--out", folder, "--algorithm", "ed25519", "--json"];
  const [key] = objectsOf((await quorumlog(argv)).stdout);
  return { pem: String(key?.["privateKey"]), vkey: String(key?.["verifierKey"]) };
}

describe("quorumlog checkpoint", () => {
  test("prints the newest note, byte for byte", async () => {
    const { path, key } = await signedJournal(2);
    const journal = openJournal(path);
    append(journal, 1);
    const { note, rootHash } = await journal.checkpoint({ keys: [key] });
    expect(await quorumlog(["checkpoint", path])).toMatchObject({
      code: 0,
      stdout: note,
      stderr: "",
    });
    expect((await quorumlog(["checkpoint", path], { columns: 80 })).stdout).toBe(note);
    const all = await quorumlog(["checkpoint", path, "--all"]);
    expect(splitNotes(all.stdout)).toEqual([...journal.checkpoints()].map((each) => each.note));
    const { stdout } = await quorumlog(["checkpoint", path, "--json"]);
    const time = expect.stringMatching(/^2026-/);
    expect(objectsOf(stdout)).toEqual([{ origin: "acme.example", size: 3, rootHash, time, note }]);
    expect(
      objectsOf((await quorumlog(["checkpoint", path, "--all", "--json"])).stdout),
    ).toHaveLength(2);
  });

  test.each(["--all", "--json"])(
    "with %s too ends with 3 where there is none, and says how to get one",
    async (flag) => {
      const path = journalOf([{}]);
      const { code, stdout, stderr } = await quorumlog(["checkpoint", path, flag]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toBe(
        `quorumlog: journal: ${path} has no checkpoint yet. Give the app a signer (quorumlog keygen makes keys), or sign one ` +
          "with quorumlog checkpoint --sign KEYFILE\n",
      );
    },
  );

  test("signs one now, which verifies", async () => {
    const path = journalOf([{}, {}]);
    const [mine, other] = [await keysOf("acme.example"), await keysOf("acme.example")];
    const { code, stdout } = await quorumlog([
      "checkpoint",
      path,
      "--sign",
      mine.pem,
      "--sign",
      other.pem,
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe(openJournal(path, { readOnly: true }).newestCheckpoint()?.note);
    expect(stdout.match(/^— acme\.example /gm)).toHaveLength(2);
    for (const { vkey } of [mine, other])
      expect((await quorumlog(["verify", path, "--key", vkey])).code).toBe(0);
  });

  test("signs nothing while an app has the journal open, and says what to do", async () => {
    const path = journalOf([{}]);
    const { pem } = await keysOf("acme.example");
    openJournal(path);
    const { code, stderr } = await quorumlog(["checkpoint", path, "--sign", pem]);
    expect(code).toBe(3);
    expect(stderr).toContain(
      "and checkpoint --sign must write to it. Stop that app, sign, and start it again; or call audit.checkpoint() in it",
    );
  });

  test("signs no journal that is not what was signed before", async () => {
    const { path } = await signedJournal(3);
    const { pem } = await keysOf("acme.example");
    tamper(path, "DELETE FROM entry WHERE sequence = 2");
    const { code, stderr } = await quorumlog(["checkpoint", path, "--sign", pem]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining("restore the journal"),
    });
  });

  test("makes no journal where there is none", async () => {
    const path = newPath();
    const { pem } = await keysOf("acme.example");
    expect((await quorumlog(["checkpoint", path, "--sign", pem])).code).toBe(3);
    expect(existsSync(path)).toBe(false);
  });

  test("says which file is no key of the log", async () => {
    const path = journalOf([{}]);
    const { vkey } = await keysOf("acme.example");
    const { pem: foreign } = await keysOf("other.example");
    const broken = join(temporaryFolder(), "broken.pem");
    writeFileSync(broken, readFileSync(foreign, "utf8").replace(/\n\w/, "\n!"));
    for (const file of [vkey, broken])
      expect(await quorumlog(["checkpoint", path, "--sign", file])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(
          `${file} holds no private key that this version of Node can sign with`,
        ),
      });
    expect(await quorumlog(["checkpoint", path, "--sign", `${foreign}.missing`])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /--sign .*: there is no such file; quorumlog keygen makes keys/,
      ),
    });
    expect(await quorumlog(["checkpoint", path, "--sign", foreign])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'the key is named "other.example", and the log "acme.example"',
      ),
    });
    expect((await quorumlog(["checkpoint", path, "--sign", foreign, "--all"])).code).toBe(2);
    expect(openJournal(path).newestCheckpoint()).toBeUndefined();
  });
});
