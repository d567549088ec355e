import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import { GovernanceAuditLog } from "quorumlog";
import { pinoMirror } from "quorumlog/pino";
import { auditMatchers, fixedClock } from "quorumlog/testing";
import { winstonMirror } from "quorumlog/winston";
import { expect, onTestFinished, test, vi } from "vitest";
import { createLogger, format, transports } from "winston";
import { quorumlog } from "../fixtures/command-line.js";

const RECIPES = resolve(import.meta.dirname, "../../docs/recipes");

/** The first block of a language in a recipe. */
function block(recipe: string, language: string): string {
  const markdown = readFileSync(resolve(RECIPES, recipe), "utf8");
  const text = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(markdown)?.[1];
  return text ?? expect.fail(`${recipe} has no ${language} block`);
}

test("docs/recipes/testing.md shows the message that a failing matcher really gives", () => {
  expect.extend(auditMatchers);
  const clock = fixedClock("2026-04-14T12:00:00Z");
  const audit = new GovernanceAuditLog({ clock });
  const ids = { voteId: "v1", proposalId: "p1", voterDid: "did:pqaid:eve" };
  audit.logVoteCast({ vote: { ...ids, decision: "approve" } });
  clock.advance(1000);
  audit.logVoteCast({ vote: { ...ids, voteId: "v2", decision: "reject" } });
  audit.logByzantineDetected({
    ...ids,
    priorDecision: "approve",
    conflictingDecision: "reject",
  });
  let message = "";
  try {
    expect(audit).toHaveRecorded({
      operation: "vote_cast",
      actorDid: "did:pqaid:eve",
      decision: "abstain",
    });
  } catch (error) {
    message = String(error);
  }
  expect(`${message}\n`).toBe(block("testing.md", "text"));
});

test("docs/recipes/who-acted.md tells who acts in a request, and nothing outside of one", async () => {
  const markdown = readFileSync(resolve(RECIPES, "who-acted.md"), "utf8");
  const source = /<!-- acting-as\.ts -->\n\n```ts\n(.*?)^```$/ms.exec(markdown)?.[1] ?? "";
  const folder = mkdtempSync(resolve(tmpdir(), "quorumlog-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const built = pathToFileURL(resolve(RECIPES, "../../dist/index.js")).href;
  const program = resolve(folder, "acting-as.mjs");
  writeFileSync(program, stripTypeScriptTypes(source.replace('"quorumlog"', `"${built}"`)));
  const { audit, actingAs } = await import(/* @vite-ignore */ program);
  const acting = (authMethod: string) =>
    actingAs({ actor: { type: "human", authMethod } }, async () => {
      await Promise.resolve();
      return audit.logNodeRemoved({ did: "did:pqaid:eve" }).details;
    });
  expect(await Promise.all([acting("webauthn"), acting("saml")])).toEqual([
    { actor_type: "human", auth_method: "webauthn" },
    { actor_type: "human", auth_method: "saml" },
  ]);
  expect(audit.logNodeRemoved({ did: "did:pqaid:eve" }).details).toEqual({});
});

test("docs/recipes/import.md shows what the command prints, and its code can be repeated", async () => {
  const markdown = readFileSync(resolve(RECIPES, "import.md"), "utf8");
  const cwd = mkdtempSync(resolve(tmpdir(), "quorumlog-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(resolve(cwd, "audit.json"), block("import.md", "json"));
  const shown = block("import.md", "console");
  let printed = "";
  for (const [, line = ""] of shown.matchAll(/^\$ quorumlog (.*)$/gm)) {
    const options = { cwd, columns: 100, env: { NO_COLOR: "1" } };
    printed += `$ quorumlog ${line}\n${(await quorumlog(line.split(" "), options)).screen}`;
  }
  expect(printed.replaceAll(cwd, "/srv")).toBe(shown);
  const source = /<!-- import-rows\.ts -->\n\n```ts\n(.*?)^```$/ms.exec(markdown)?.[1] ?? "";
  const program = resolve(cwd, "import-rows.mjs");
  writeFileSync(program, stripTypeScriptTypes(source));
  const { importRows } = await import(/* @vite-ignore */ program);
  const audit = new GovernanceAuditLog({ kinds: "any" });
  const row = { decidedAt: new Date(0), proposal: "p1", kind: "deploy", by: "did:pqaid:alice" };
  for (const keys of [[1], [1, 2]])
    importRows(
      audit,
      keys.map((key) => ({ ...row, key })),
    );
  expect(audit.entries({ order: "oldest" }).map(({ id, details }) => [id, details])).toEqual(
    [1, 2].map((key) => [
      expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      { imported_log: "decisions.example", imported_sequence: key },
    ]),
  );
});

test("docs/recipes/legal-hold.md removes what is old up to a hold, and shows what the commands print", async () => {
  const markdown = readFileSync(resolve(RECIPES, "legal-hold.md"), "utf8");
  const cwd = mkdtempSync(resolve(tmpdir(), "quorumlog-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const path = resolve(cwd, "governance.db");
  const old = new Date(Date.now() - 900 * 86_400_000);
  const log = (): GovernanceAuditLog =>
    new GovernanceAuditLog({ journal: path, clock: () => old, onError: () => {} });
  const audit = log();
  for (const proposalId of ["urn:pqc-gov-prop:91c2", "urn:pqc-gov-prop:7f3a", "p"])
    audit.log({ operation: "seen", proposalId });
  await audit.shutdown();
  const shown = block("legal-hold.md", "console");
  let printed = "";
  let holdId = "";
  for (const [, line = ""] of shown.matchAll(/^\$ quorumlog (.*)$/gm)) {
    const argv = line.replace(SHOWN_HOLD.slice(0, 8), holdId.slice(0, 8)).split(" ");
    const { screen } = await quorumlog(argv, { cwd, columns: 100, env: { NO_COLOR: "1" } });
    holdId ||= /^hold (\S+)/.exec(screen)?.[1] ?? "";
    printed += `$ quorumlog ${line}\n${screen.replace(holdId, SHOWN_HOLD)}`;
  }
  expect(printed).toBe(shown);
  const source = /<!-- retention\.ts -->\n\n```ts\n(.*?)^```$/ms.exec(markdown)?.[1] ?? "";
  const program = resolve(cwd, "retention.mjs");
  writeFileSync(program, stripTypeScriptTypes(source));
  const { removeOld } = await import(/* @vite-ignore */ program);
  const again = log();
  const held = again.hold({ proposalId: "p" }, "why");
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  expect(removeOld(again, 400)).toMatchObject({ pruned: 1, prunedBefore: 2 });
  expect(warn).toHaveBeenCalledWith(`hold ${held.id} keeps older entries: why`);
  expect(again.entries({ operation: "log_pruned", limit: 1 })).toMatchObject([
    { details: { reason: "retention of 400 days", actor_type: "service" } },
  ]);
  warn.mockRestore();
  await again.shutdown();
});

const SHOWN_HOLD = "7b0c4a52-5f0e-4f0e-9c55-0d1a2b3c4d5e";

test("docs/recipes/winston.md shows the line that winston really gets", () => {
  const written: string[] = [];
  const console = new transports.Console({
    log: (line, next) => {
      written.push(String(line[Symbol.for("message")]));
      next();
    },
  });
  const logger = createLogger({ format: format.json(), transports: [console] });
  const audit = new GovernanceAuditLog({
    mirrors: [winstonMirror(logger)],
    clock: fixedClock("2026-04-14T12:00:00Z"),
  });
  audit.logVoteCast({
    vote: {
      voteId: "v1",
      proposalId: "urn:pqc-gov-prop:7f3a",
      voterDid: "did:pqaid:bob",
      decision: "approve",
    },
  });
  const shown = JSON.parse(block("winston.md", "json"));
  const { id, leafHash, logId } = shown.governance; // differ from run to run
  expect([id, leafHash, logId]).toEqual([
    expect.stringMatching(/^[\da-f-]{36}$/),
    expect.stringMatching(/^[\da-f]{64}$/),
    expect.stringMatching(/^quorumlog\/[\da-f-]{36}$/),
  ]);
  const real = JSON.parse(written[0] ?? "");
  expect({ ...real, governance: { ...real.governance, id, leafHash, logId } }).toEqual(shown);
});

test("docs/recipes/pino.md shows the line that pino really writes", () => {
  const written: string[] = [];
  const logger = pino({}, { write: (line) => void written.push(line) });
  const audit = new GovernanceAuditLog({
    mirrors: [pinoMirror(logger)],
    clock: fixedClock("2026-04-14T12:00:00Z"),
  });
  audit.logVoteCast({
    vote: {
      voteId: "v1",
      proposalId: "urn:pqc-gov-prop:7f3a",
      voterDid: "did:pqaid:bob",
      decision: "approve",
    },
  });
  const shown = JSON.parse(block("pino.md", "json"));
  const { time, pid, hostname } = shown; // differ from run to run, as do these of the entry:
  const { id, leafHash, logId } = shown.governance;
  const real = JSON.parse(written[0] ?? "");
  expect(Object.keys(real)).toEqual(Object.keys(shown));
  expect({
    ...real,
    ...{ time, pid, hostname },
    governance: { ...real.governance, id, leafHash, logId },
  }).toEqual(shown);
});
