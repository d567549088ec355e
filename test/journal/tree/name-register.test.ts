import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { AuditError, type GovernanceAuditLog } from "../../../src/index.js";
import { append, openJournal, temporaryFolder, thrownBy } from "../../fixtures/journal.js";
import { PROGRAMS } from "../../fixtures/program-folder.js";
import { keys, NAME, remove, signer, startedLog } from "../../fixtures/signed-log.js";

const REGISTER = "acme.example-governance.signed";
const refused = {
  code: "invalid_options",
  field: "signer",
  message: expect.stringContaining("give each process its own log id, key and journal"),
};

/** A log of one entry, whose checkpoint is signed. */
async function signedLog(journal: string, key: string = signer): Promise<GovernanceAuditLog> {
  const audit = startedLog({ journal, signer: key });
  remove(audit, "did:a");
  await audit.checkpoint();
  return audit;
}

/** A folder with a key file, as `quorumlog keygen` leaves it, with or without its register. */
function keyFolder(hasRegister = true): { readonly key: string; readonly register: string } {
  const folder = temporaryFolder();
  const [key, register] = [join(folder, "log.ed25519.pem"), join(folder, REGISTER)];
  writeFileSync(key, signer);
  if (hasRegister) writeFileSync(register, "");
  return { key, register };
}

/** What a process says that opens a log, records an entry, and signs it at the shutdown. */
async function inProcess(journal: string, key: string, user?: number): Promise<string> {
  const program = `
    import { GovernanceAuditLog } from "quorumlog";
    const [, journal, signer] = process.argv;
    try {
      const audit = new GovernanceAuditLog({ journal, signer });
      audit.logNodeRemoved({ did: "did:a" });
      await audit.shutdown();
      console.log("signed");
    } catch (error) {
      console.log(error.code, error.message);
    }`;
  const flags = ["--input-type=module", "--eval", program, journal, key];
  const child = spawn(process.execPath, flags, {
    cwd: PROGRAMS,
    stdio: ["ignore", "pipe", "inherit"],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return said.trim();
}

describe("a second journal under the name of the first", () => {
  test("is refused at its start, and not made, while the first has signed nothing yet", () => {
    const folder = temporaryFolder();
    startedLog({ journal: join(folder, "1.db"), signer });
    const second = join(folder, "2.db");
    expect(thrownBy(() => startedLog({ journal: second, signer }))).toMatchObject(refused);
    expect(existsSync(second)).toBe(false);
    startedLog({ journal: second, logId: "acme.example/other" }); // unsigned, under its own name
  });

  test("is refused when the first was signed long ago", async () => {
    const folder = temporaryFolder();
    const first = join(folder, "1.db");
    await (await signedLog(first)).shutdown();
    const second = join(folder, "2.db");
    const error = thrownBy(() => startedLog({ journal: second, signer }));
    expect(error).toMatchObject(refused);
    expect(error.message).toContain(`has signed 1 entries of the journal ${first}`);
    expect(error.message).toContain(join(folder, REGISTER));
  });

  test("is refused with a key in another folder, by the file beside the key", async () => {
    const { key } = keyFolder();
    await (await signedLog(join(temporaryFolder(), "1.db"), key)).shutdown();
    const second = join(temporaryFolder(), "2.db");
    expect(thrownBy(() => startedLog({ journal: second, signer: key }))).toMatchObject(refused);
  });

  test("is refused if it takes the place of a journal that was lost", async () => {
    const path = join(temporaryFolder(), "governance.db");
    await (await signedLog(path)).shutdown();
    rmSync(path);
    expect(thrownBy(() => startedLog({ journal: path, signer }))).toMatchObject(refused);
  });

  test("is refused if its journal is older than the register", async () => {
    const folder = temporaryFolder();
    const second = join(folder, "2.db");
    const before = startedLog({ journal: second, logId: NAME });
    remove(before, "did:b");
    await before.shutdown();
    await (await signedLog(join(folder, "1.db"))).shutdown();
    expect(thrownBy(() => startedLog({ journal: second, signer }))).toMatchObject(refused);
  });

  test("is not signed by a program that uses the journal alone", async () => {
    const folder = temporaryFolder();
    const [first, second] = ["1.db", "2.db"].map((file) => {
      const journal = openJournal(join(folder, file), { logId: NAME });
      append(journal, 3);
      return journal;
    });
    await first?.checkpoint({ keys });
    await expect(second?.checkpoint({ keys })).rejects.toMatchObject(refused);
    expect(second?.newestCheckpoint()).toBeUndefined();
  });

  test("is refused to one of two processes that start at the same time", async () => {
    const folder = temporaryFolder();
    const outcomes = await Promise.all(
      ["1.db", "2.db", "3.db"].map((file) => inProcess(join(folder, file), signer)),
    );
    expect(outcomes.sort()).toEqual([
      expect.stringMatching(/^invalid_options signer: the name /),
      expect.stringMatching(/^invalid_options signer: the name /),
      "signed",
    ]);
  });
});

describe("the same history", () => {
  test("goes on after a restart, at another path, and from a backup of the newest state", async () => {
    const folder = temporaryFolder();
    const [first, moved, restored] = ["1.db", "moved.db", "restored.db"].map((file) =>
      join(folder, file),
    ) as [string, string, string];
    await (await signedLog(first)).shutdown();
    await (await signedLog(first)).shutdown();
    renameSync(first, moved);
    const audit = await signedLog(moved);
    await audit.shutdown();
    copyFileSync(moved, restored);
    const again = startedLog({ journal: restored, signer });
    remove(again, "did:b");
    expect((await again.checkpoint()).size).toBe(4);
  });

  test("opens from an older backup and records, but signs no second history", async () => {
    const folder = temporaryFolder();
    const [path, backup] = [join(folder, "1.db"), join(folder, "backup.db")];
    const audit = await signedLog(path);
    const journal = openJournal(path, { readOnly: true });
    await journal.backup(backup);
    remove(audit, "did:lost");
    await audit.checkpoint();
    await audit.shutdown();
    const again = startedLog({ journal: backup, signer });
    expect(remove(again, "did:instead").sequence).toBe(1);
    const error = await again.checkpoint().catch((reason: unknown) => reason as AuditError);
    expect(error).toBeInstanceOf(AuditError);
    expect(error).toMatchObject({ code: "verification_failed" });
    const register = join(folder, REGISTER);
    expect((error as AuditError).message).toContain(`delete ${register}`);
    rmSync(register); // whoever does so knows that it is a fork
    expect((await again.checkpoint()).size).toBe(2);
  });

  test("of a name begins anew if nothing of it was ever signed", async () => {
    const path = join(temporaryFolder(), "governance.db");
    const audit = startedLog({ journal: path, signer });
    await audit.shutdown();
    rmSync(path);
    await signedLog(path);
  });
});

describe("a register", () => {
  test("tells names apart whose files have one name", async () => {
    const folder = temporaryFolder();
    for (const logId of ["acme/a", "acme-a"]) {
      const pem = signer.replace(/^Key-Name.*\n/, "");
      const audit = startedLog({
        journal: join(folder, `${logId.length}${logId[4] === "/"}.db`),
        logId,
        signer: pem,
      });
      remove(audit, "did:a");
      expect((await audit.checkpoint()).origin).toBe(logId);
    }
  });

  test("is made beside a journal, and never beside a key that was copied without it", async () => {
    const { key, register } = keyFolder(false);
    for (let run = 0; run < 2; run++) await signedLog(join(temporaryFolder(), "test.db"), key);
    expect(existsSync(register)).toBe(false);
  });

  test("is not made for a log that signs nothing", () => {
    const folder = temporaryFolder();
    remove(startedLog({ journal: join(folder, "1.db"), logId: NAME }), "did:a");
    expect(existsSync(join(folder, REGISTER))).toBe(false);
  });

  test("that was damaged is refused, and left as it is", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, REGISTER), "not a database".repeat(100));
    const start = () => startedLog({ journal: join(folder, "1.db"), signer });
    expect(thrownBy(start)).toMatchObject({ code: "journal_failed" });
    expect(readFileSync(join(folder, REGISTER), "utf8")).toContain("not a database");
  });

  test("of a key is left out where it cannot be written, as in a read-only volume", async () => {
    const { key, register } = keyFolder();
    chmodSync(dirname(key), 0o555);
    chmodSync(register, 0o444);
    for (let run = 0; run < 2; run++) {
      const folder = temporaryFolder();
      chmodSync(folder, 0o777);
      // root may write everything
      const user = process.getuid?.() === 0 ? 65_534 : undefined;
      expect(await inProcess(join(folder, "1.db"), key, user)).toBe("signed");
    }
    chmodSync(dirname(key), 0o755);
  });
});
