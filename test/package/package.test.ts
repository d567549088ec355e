import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inLongRuns, LONG } from "../fixtures/long-runs.js";
import {
  installedConsumer,
  linkedConsumer,
  manifest,
  type Packed,
  pack,
  run,
  typeErrors,
  unpackedConsumer,
} from "./consumer.js";

const SUBPATHS = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === "string" ? [] : [{ name: subpath.replace(/^\./, manifest.name), ...target }],
);

const USE = `
  const audit = new GovernanceAuditLog();
  audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 2 });
  const [entry] = audit.entries({ operation: "node_added" });
  console.log(entry.sequence, entry.actorDid);
`;

const TYPED_USE = `
  const audit: GovernanceAuditLog = new GovernanceAuditLog();
  audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 2 });
  const entries: AuditEntry[] = audit.entries({ operation: "node_added", limit: 1 });
  export const did: string | undefined = entries[0]?.actorDid;
  // @ts-expect-error a weight is a number
  audit.logNodeAdded({ did: "did:pqaid:bob", name: "bob", weight: "1" });
`;

/** An app that uses what a bundler has most to do with: the journal, and delivery. */
const BUNDLED_APP = `
  import { createServer } from "node:http";
  import { AuditError, GovernanceAuditLog } from "quorumlog";
  import { Journal } from "quorumlog/journal";
  import { otlpMirror } from "quorumlog/otlp";

  async function main() {
    const sink = createServer((request, response) => {
      request.resume().on("end", () => response.end());
    });
    await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
    const url = "http://127.0.0.1:" + sink.address().port + "/v1/logs";
    const mirrors = [otlpMirror({ url, delayMillis: 1 })];
    const audit = new GovernanceAuditLog({ journal: "audit.db", mirrors });
    audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 2 });
    try {
      audit.logNodeAdded({});
    } catch (error) {
      console.log(error instanceof AuditError, error.code);
    }
    await audit.flush();
    console.log(JSON.stringify(audit.ledger().mirrors.otlp));
    await audit.shutdown();
    console.log(Journal.open("audit.db", { readOnly: true }).length);
    sink.close();
    sink.closeAllConnections();
  }

  void main();
`;

let folder: string;
let packed: Packed;
let bare: string;
let full: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-package-"));
  packed = pack(folder);
  const consumer = LONG ? installedConsumer : unpackedConsumer;
  bare = consumer(join(folder, "bare"), packed.tarball);
  full = linkedConsumer(join(folder, "full"), bare);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the tarball", () => {
  test("holds the built package and its documents, and nothing else", () => {
    const wanted =
      /^(?:dist\/(?!cli\/|report\/).+\.(?:js|d\.ts)|dist\/report\/page\/(?:script\.js|licences\.txt)|dist\/quorumlog(?:-more|-shared)?\.cjs|dist\/quorumlog\.licences\.txt|docs\/.+\.md|docs\/schemas\/.+\.schema\.json|(?:README|CHANGELOG|SECURITY)\.md|LICENSE|package\.json)$/;
    expect(packed.files.filter((file) => !wanted.test(file))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining([
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE",
        "package.json",
        "dist/quorumlog.cjs",
        "dist/quorumlog-more.cjs",
        "dist/quorumlog-shared.cjs",
        "docs/api/quorumlog.md",
        "docs/errors.md",
        "docs/options.md",
      ]),
    );
  });

  test("holds every file that exports points to", () => {
    const targets = SUBPATHS.flatMap((subpath) => [subpath.types, subpath.default]);
    expect(packed.files).toEqual(
      expect.arrayContaining(targets.map((target) => target.replace("./", ""))),
    );
  });

  test("has the types of each subpath for compilers that do not read exports", () => {
    const [root, ...subpaths] = SUBPATHS;
    expect([manifest.main, manifest.types]).toEqual([root?.default, root?.types]);
    const name = (subpath: string) => subpath.replace(`${manifest.name}/`, "");
    expect(manifest.typesVersions).toEqual({
      "*": Object.fromEntries(subpaths.map(({ name: path, types }) => [name(path), [types]])),
    });
  });

  test("brings no dependency of its own", () => {
    expect(manifest.dependencies).toBeUndefined();
  });
});

describe("a project without the optional peers", () => {
  test.runIf(LONG)("uses the log by import", () => {
    const source = `import { GovernanceAuditLog } from "quorumlog";${USE}await audit.shutdown();`;
    expect(run(bare, "use.mjs", source)).toBe("0 did:pqaid:alice\n");
  });

  test("uses the log by require", () => {
    const source = `const { GovernanceAuditLog } = require("quorumlog");${USE}audit.shutdown();`;
    expect(run(bare, "use.cjs", source)).toBe("0 did:pqaid:alice\n");
  });

  test("loads each subpath", () => expectToLoad(bare));
});

describe("a bundle of esbuild", () => {
  test.each(["esm", ...inLongRuns("cjs" as const)] as const)(
    "has all that the app needs, as %s",
    async (format) => {
      const entry = join(bare, "app.mjs");
      writeFileSync(entry, BUNDLED_APP);
      // a folder without node_modules
      const home = join(folder, `bundled-${format}`);
      mkdirSync(home);
      const file = format === "esm" ? "app.mjs" : "app.cjs";
      const { warnings, outputFiles } = await build({
        entryPoints: [entry],
        bundle: true,
        platform: "node",
        target: "node22",
        format,
        write: false,
        logLevel: "silent",
      });
      expect(warnings).toEqual([]);
      expect(run(home, file, outputFiles[0]?.text ?? "")).toBe(
        'true invalid_entry\n{"accepted":1,"delivered":1,"pending":0,"rejected":0}\n1\n',
      );
    },
  );
});

describe("a project with the optional peers", () => {
  test.runIf(LONG)("loads each subpath", () => expectToLoad(full));

  test.runIf(LONG)("is type-checked in nodenext resolution, as ES module and as CommonJS", () => {
    expect(
      typeErrors(full, { "esm.ts": everything(), "cjs.cts": everything() }, { module: "nodenext" }),
    ).toBe("");
  });
});

/** Imports every subpath in one process, one after the other. */
function expectToLoad(project: string): void {
  const names = SUBPATHS.map(({ name }) => name);
  const source = `for (const name of ${JSON.stringify(names)})
    console.log(name, typeof (await import(name)));`;
  expect(run(project, "load.mjs", source)).toBe(names.map((name) => `${name} object\n`).join(""));
}

/** A typed program that imports every subpath. */
function everything(): string {
  const imports = SUBPATHS.map(
    ({ name }, index) => `import * as all${index} from "${name}";\nvoid all${index};\n`,
  );
  return `${imports.join("")}import { type AuditEntry, GovernanceAuditLog } from "quorumlog";${TYPED_USE}`;
}
