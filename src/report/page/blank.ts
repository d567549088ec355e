import { AuditError } from "../../errors.js";
import { evidenceKindOf } from "../../integrity/evidence-kind.js";
import { splitNotes } from "../../integrity/note/signed-note.js";
import { signersOf } from "../signers.js";
import { element, number } from "./dom.js";
import { checkpointsOf, type Evidence, type OpenEvidence, opened } from "./evidence.js";
import { evidenceIn } from "./evidence-in.js";
import { Verifier } from "./verifier.js";

const HEAD_BYTES = 1024;

/** What is said of a file that was given. */
const REFUSED: Readonly<Record<string, string>> = {
  journal: "a journal: a browser cannot read it. Use quorumlog verify, or export it first",
  "other export": "an export as JSON or CSV, which nothing can verify. Ask for NDJSON",
};

/** Brings `verifier.html` to life: it takes files, and checks them. */
export function startBlankPage(script: string): void {
  const controls = document.getElementById("verifier");
  const verdict = document.getElementById("verdict");
  if (controls === null || verdict === null) return;
  const verifier = new Verifier({ controls, verdict, script });
  const files = new GivenFiles(verifier);
  const input = element("input", { type: "file", multiple: true, id: "files" });
  const given = element("ul", { id: "given" });
  const take = async (list: Iterable<File>) => {
    for (const file of list) given.append(element("li", {}, await files.add(file)));
  };
  input.addEventListener("change", () => void take([...(input.files ?? [])]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void take([...(event.dataTransfer?.files ?? [])]);
  });
  const label =
    "Drop files here, or choose them: a report, an export (NDJSON) with its " +
    "checkpoint, a bundle, a proof, checkpoints that you kept, and keys";
  controls.prepend(element("p", {}, element("label", {}, label, " ", input)), given);
}

/** The files that were given, by what they are. */
class GivenFiles {
  readonly #verifier: Verifier;
  #lines: File | undefined;
  /** The checkpoints of exports, by the name of their file. */
  readonly #checkpoints = new Map<string, string>();

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
    verifier.use(undefined);
  }

  /** Takes a file. Returns what it is, in words. */
  async add(file: File): Promise<string> {
    try {
      return `${file.name} (${number(file.size)} bytes): ${await this.#taken(file)}`;
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      this.#verifier.use(undefined);
      return `${file.name}: it cannot be read: ${error.message}`;
    }
  }

  async #taken(file: File): Promise<string> {
    const head = new TextDecoder("latin1").decode(await file.slice(0, HEAD_BYTES).arrayBuffer());
    const kind = evidenceKindOf(head.replace(/^\u00ef\u00bb\u00bf/, ""));
    switch (kind) {
      case "report":
        await this.#use(
          await evidenceIn(new DOMParser().parseFromString(await file.text(), "text/html")),
        );
        return "a report";
      case "bundle":
        await this.#use({ kind, text: await file.text() });
        return "an evidence bundle";
      case "proof":
        await this.#use({ kind, text: await file.text() });
        return "a proof of one entry";
      case "export":
        this.#lines = file;
        await this.#useExport();
        return "an export";
      case "checkpoint":
        return this.#takeCheckpoint(file);
      case "key":
        this.#verifier.addKey(await file.text());
        return "a public key. Did it come from somebody who answers for the log?";
      default:
        return REFUSED[kind ?? ""] ?? "not known. It is not used";
    }
  }

  /** The file that `quorumlog export` wrote beside the lines is evidence. Others were kept. */
  async #takeCheckpoint(file: File): Promise<string> {
    const text = await file.text();
    if (!file.name.endsWith(".ndjson.checkpoint")) {
      this.#verifier.addKept(text);
      return "a checkpoint that you kept";
    }
    this.#checkpoints.set(file.name, text);
    if (this.#lines !== undefined) await this.#useExport();
    return `${number(splitNotes(text).length)} checkpoints of an export`;
  }

  async #useExport(): Promise<void> {
    if (this.#lines === undefined) return;
    const checkpoints = this.#checkpoints.get(`${this.#lines.name}.checkpoint`) ?? "";
    await this.#use({ kind: "export", lines: this.#lines, checkpoints });
  }

  async #use(evidence: Evidence): Promise<void> {
    const held = await opened(evidence);
    this.#verifier.use(async () => held, signersOf(newestNote(held)));
  }
}

/** The newest checkpoint of evidence. Where the evidence cannot be read, the check says why. */
function newestNote(evidence: OpenEvidence): string | undefined {
  try {
    return checkpointsOf(evidence).at(-1);
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return undefined;
  }
}
