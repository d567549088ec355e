import { expect, test } from "vitest";
import { inCommandTerms } from "../../src/cli/output/command-terms.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { damaged, JournalHeld } from "../../src/journal/file/sqlite.js";
import { tooMany } from "../../src/loki/record-pages.js";
import { ndjsonSource, verify } from "../../src/verify/index.js";
import { NAME, vkey } from "../fixtures/signed-log.js";

test("a message of the library names what whoever runs a command has: commands and flags", async () => {
  const audit = new GovernanceAuditLog({ logId: NAME });
  for (let node = 0; node < 3; node++) audit.logNodeRemoved({ did: `did:${node}` });
  const tooLarge = await verify(ndjsonSource([audit.exportNdjson()]), {
    keys: [vkey],
    maxBytes: 1,
  }).catch((error: unknown) => error);
  for (const [error, expected] of [
    [tooMany(5, "records"), "lower --lookback, or raise --max-records"],
    [damaged("a.db", undefined), "Restore it from a backup (quorumlog backup)"],
    [new JournalHeld("a.db", "process 1", undefined), "close it there, or only read it here"],
    [tooLarge, "allow more (quorumlog verify --max-bytes)"],
  ] as const) {
    const shown = inCommandTerms((error as Error).message);
    expect(shown).toContain(expected);
    expect(shown).not.toMatch(/[a-z][A-Z]|Journal\./);
  }
});
