import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const PROGRAM = `
  import { GovernanceAuditLog } from "quorumlog";
  import { winstonMirror } from "quorumlog/winston";
  import winston from "winston";
  const logger = winston.createLogger({ transports: [new winston.transports.File({ filename: process.env.LOG_FILE })] });
  const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
  for (let i = 0; i < 2000; i++) audit.logNodeRemoved({ did: "did:" + i });
`;

test("a process that has nothing else to do writes every line to a File transport before it ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  try {
    const file = join(folder, "audit.log");
    const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
      env: { ...process.env, LOG_FILE: file },
      stdio: ["ignore", "ignore", "inherit"],
    });
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(2000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
