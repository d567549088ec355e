import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const FENCE = /^\s*(?<marks>`{3,}|~{3,})\s*(?<language>[\w+-]*)\s*(?<rest>.*?)\s*$/;
const LANGUAGES = /^(?:ts|typescript|mts|cts|tsx)$/;

/**
 * One module of snippets: every line of the document that is not code of it is blank, so that lines
 * keep their number.
 */
export interface SnippetModule {
  /** The document, from the root of the repository: `docs/recipes/winston.md`. */
  readonly document: string;
  readonly text: string;
}

/**
 * Takes the `ts` blocks out of a Markdown document. A `ts` block starts a module; `ts continue` goes
 * on with the one before. `ts signature` shows a declaration on the generated pages of docs/api, and
 * is left out. Throws on a TypeScript block with any other info string, so that none goes unchecked.
 */
export function snippetModules(document: string, markdown: string): SnippetModule[] {
  const modules: string[][] = [];
  let open: { readonly marks: string; readonly checked: boolean } | undefined;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const { marks = "", language = "", rest = "" } = FENCE.exec(line)?.groups ?? {};
    if (open !== undefined) {
      if (marks.startsWith(open.marks) && language === "" && rest === "") open = undefined;
      else if (open.checked) (modules.at(-1) as string[])[index] = line;
    } else if (marks !== "") {
      const info = `${language} ${rest}`.trim();
      const isSignature = info === "ts signature" && document.startsWith("docs/api/");
      const checked = LANGUAGES.test(language) && !isSignature;
      if (checked && info !== "ts" && info !== "ts continue") {
        throw new Error(`${document}:${index + 1}: write "ts" or "ts continue", not "${info}"`);
      }
      if (info === "ts continue" && modules.length === 0) {
        throw new Error(`${document}:${index + 1}: "ts continue" has no block to continue`);
      }
      if (info === "ts") modules.push([]);
      open = { marks, checked };
    }
  }
  if (open !== undefined) throw new Error(`${document}: a code block is never closed`);
  return modules.map((lines) => ({
    document,
    text: `${Array.from(lines, (line) => line ?? "").join("\n")}\n`,
  }));
}

/**
 * Type-checks all modules in one run of the compiler, in a folder inside the repository where the
 * package's own name leads to its `dist`. Answers `document:line:column: message` for each error.
 */
export function snippetErrors(modules: readonly SnippetModule[], folderName: string): string[] {
  const folder = resolve(ROOT, "temp", folderName);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, { document, text }] of modules.entries()) {
    const file = resolve(folder, `${document}.${index}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}export {};\n`);
  }
  writeFileSync(
    resolve(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { experimentalDecorators: true }, // as every NestJS app has
      include: ["**/*.ts", "../../test/docs/*.d.ts"],
    }),
  );
  return compilerErrors(folder).map((line) =>
    line.replace(/^(.*)\.\d+\.ts\((\d+),(\d+)\)/, "$1:$2:$3"),
  );
}

function compilerErrors(folder: string): string[] {
  const tsc = resolve(ROOT, "node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [tsc, "-p", folder, "--pretty", "false"],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  if (status !== 0 && errors.length === 0)
    throw new Error(`the compiler failed: ${stdout}${stderr}`);
  return errors;
}
