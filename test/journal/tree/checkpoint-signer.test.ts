import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { append, newPath, openJournal, tamper } from "../../fixtures/journal.js";
import { keys, NAME, remove, signer, startedLog } from "../../fixtures/signed-log.js";

describe("two histories", () => {
  test("are never signed: a journal that lost what was signed is refused a signature", async () => {
    const journal = newPath();
    const audit = startedLog({ journal, signer });
    for (const did of ["did:a", "did:b"]) remove(audit, did);
    await audit.shutdown();
    tamper(journal, "DELETE FROM entry WHERE sequence = 1");
    const again = startedLog({ journal, signer });
    remove(again, "did:x");
    await expect(again.checkpoint()).rejects.toMatchObject({ code: "verification_failed" });
  });

  test("are told apart by the signed note, not by the root beside it", async () => {
    const path = newPath();
    const journal = openJournal(path, { logId: NAME });
    append(journal, 200);
    await journal.checkpoint({ keys });
    journal.close();
    const database = new DatabaseSync(path);
    const guard = database
      .prepare("SELECT sql FROM sqlite_schema WHERE name = 'checkpoint_update'")
      .get();
    database.exec("DROP TRIGGER checkpoint_update; UPDATE checkpoint SET root_hash = zeroblob(32)");
    database.exec(String(guard?.["sql"]));
    database.close();
    const signing = openJournal(path).checkpoint({ keys });
    await expect(signing).resolves.toMatchObject({ size: 200 }); // the tree is still the note's
  });
});
