/**
 * Writes (`--update`) or compares (`--check`) one report of the public API for each subpath of
 * `exports`: api/*.api.md. An export without documentation is an error. So is an export that needs
 * a type which no subpath exports. A member needs no documentation if its name says enough; the
 * report marks it.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import {
  ConsoleMessageId,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from "@microsoft/api-extractor";

const ROOT = resolve(import.meta.dirname, "..");
const REPORTS = resolve(ROOT, "api");
const TEMP = resolve(ROOT, "temp/api");
const SILENT: readonly string[] = [
  ConsoleMessageId.CompilerVersionNotice,
  ConsoleMessageId.Preamble,
];
const EXPORT = /^export (?:abstract )?\w+ (\w+)/gm;

interface Subpath {
  readonly name: string;
  readonly types: string;
}

function subpaths(): Subpath[] {
  const manifest = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
  return Object.entries<{ types?: string }>(manifest.exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path, target]) => ({
      name: path === "." ? manifest.name : basename(path),
      types: resolve(ROOT, target.types ?? ""),
    }));
}

function configOf({ name, types }: Subpath): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve(ROOT, "package.json"),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: types,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            lib: ["es2024", "esnext.disposable"],
            types: ["node"],
            module: "nodenext",
            strict: true,
            skipLibCheck: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: REPORTS,
        reportTempFolder: TEMP,
      },
      docModel: { enabled: true, apiJsonFilePath: resolve(TEMP, `${name}.api.json`) },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  });
}

/** The names in the reports of this run. */
const reportedNames = (all: readonly Subpath[]): Set<string> =>
  new Set(
    all
      .flatMap(({ name }) => [
        ...readFileSync(resolve(TEMP, `${name}.api.md`), "utf8").matchAll(EXPORT),
      ])
      .map((match) => match[1] ?? ""),
  );

function main(update: boolean): void {
  mkdirSync(REPORTS, { recursive: true });
  const all = subpaths();
  const needed: { readonly name: string; readonly report: string }[] = [];
  for (const subpath of all) {
    const { succeeded } = Extractor.invoke(configOf(subpath), {
      localBuild: update,
      messageCallback: (message) => {
        if (SILENT.includes(message.messageId)) message.logLevel = ExtractorLogLevel.None;
        const isMember = message.sourceFileColumn !== 1;
        if (message.messageId === "ae-undocumented" && isMember)
          message.logLevel = ExtractorLogLevel.None;
        if (message.messageId !== "ae-forgotten-export") return;
        message.logLevel = ExtractorLogLevel.None;
        needed.push({
          name: /"(\w+)/.exec(message.text)?.[1] ?? message.text,
          report: subpath.name,
        });
      },
    });
    if (!succeeded) process.exitCode = 1;
  }
  const exported = reportedNames(all);
  for (const { name, report } of needed.filter((need) => !exported.has(need.name))) {
    console.error(`Error: api/${report}.api.md needs the type ${name}, which no subpath exports`);
    process.exitCode = 1;
  }
  if (process.exitCode === 1)
    console.error("If you want this change, run npm run api, and read the diff of api/.");
}

main(process.argv.includes("--update"));
