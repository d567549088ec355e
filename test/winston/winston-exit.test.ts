import { afterEach, expect, test } from "vitest";
import { cleanUp } from "../fixtures/cleanup.js";
import { LONG } from "../fixtures/long-runs.js";
import { recipeBlock, startProgram } from "../fixtures/program.js";

afterEach(cleanUp);

const LOG_2000 = `for (let i = 0; i < 2000; i++) audit.logNodeRemoved({ did: "did:" + i });`;

const PROGRAM = `
  import { GovernanceAuditLog } from "quorumlog";
  import { winstonMirror } from "quorumlog/winston";
  import winston from "winston";
  const logger = winston.createLogger({ transports: [new winston.transports.File({ filename: "app.log" })] });
  const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
  ${LOG_2000}
`;

test("a process that has nothing else to do writes every line to a File transport before it ends", async () => {
  const program = startProgram(PROGRAM);
  expect(await program.ended()).toMatchObject({ code: 0, stderr: "" });
  expect(program.lines("app.log")).toHaveLength(2000);
});

test("docs/recipes/winston.md shows how a process that gets SIGTERM writes every line to a File transport", async () => {
  const program = startProgram(
    `
    ${recipeBlock("winston.md", "SIGTERM")}
    ${LOG_2000}
    setInterval(() => {}, 1000);
    process.kill(process.pid, "SIGTERM");
  `,
    "mts",
  );
  expect(await program.ended()).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  expect(program.lines("app.log")).toHaveLength(2000);
});

test.runIf(LONG)(
  "docs/recipes/winston.md says that the process ends all the same when a transport never finishes",
  async () => {
    const program = startProgram(
      `
    ${recipeBlock("winston.md", "SIGTERM").replace("5_000", "100")}
    for (const transport of logger.transports) transport._final = () => {};
    ${LOG_2000}
    setInterval(() => {}, 1000);
    process.kill(process.pid, "SIGTERM");
  `,
      "mts",
    );
    const { code, stderr } = await program.ended();
    expect(code).toBe(1);
    expect(stderr).toContain("AbortError");
  },
);
