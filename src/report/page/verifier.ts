import { sha256Hex } from "../../entry/sha256.js";
import { AuditError } from "../../errors.js";
import { parseVerifierKey } from "../../integrity/keys/verifier-key.js";
import { splitNotes } from "../../integrity/note/signed-note.js";
import { check } from "./checker.js";
import { button, element } from "./dom.js";
import type { Evidence } from "./evidence.js";
import { keyLines, keyOfLine } from "./given-keys.js";
import type { Outcome } from "./job.js";
import { showOutcome } from "./outcome.js";
import type { TamperPlace } from "./tamper.js";

/** Where the verifier stands in a page. */
export interface VerifierPlace {
  /** Gets the controls. */
  readonly controls: HTMLElement;
  /** Says in one sentence what the check came to. */
  readonly verdict: HTMLElement;
  /** The text of this script, for a worker. */
  readonly script: string;
  /** The report that the verifier is a part of. Undefined for a page without a log. */
  readonly inReport?: {
    /** Whether it has the whole log, which needs no proofs. */
    readonly isWhole: boolean;
  };
}

const TAMPER: readonly (readonly [TamperPlace, string])[] = [
  ["line", "in a line"],
  ["proof", "in a proof"],
  ["checkpoint", "in the checkpoint"],
];

/** What cannot be changed in a report of a whole log. */
const NO_PROOFS = "in a proof (a page of the whole log has none)";

/** The controls of a check: the key, a kept checkpoint, and what starts it. */
export class Verifier {
  readonly #place: VerifierPlace;
  readonly #key = element("textarea", { id: "key", rows: 3, spellcheck: false });
  readonly #kept = element("textarea", { id: "kept", rows: 4, spellcheck: false });
  readonly #fingerprint = element("p", { className: "fingerprint" });
  readonly #signers = element("p", { className: "signers" });
  readonly #progress = element("progress", { className: "progress", max: 1, hidden: true });
  readonly #outcome = element("div", { id: "outcome" });
  readonly #check: HTMLButtonElement = button("Check", () => void this.check());
  #read: (() => Promise<Evidence>) | undefined;
  /** Rises when what is checked changes: an answer about what was there before is not shown. */
  #given = 0;

  /** Builds the controls. */
  constructor(place: VerifierPlace) {
    this.#place = place;
    this.#check.id = "check";
    this.#key.setAttribute("autocomplete", "off");
    this.#key.addEventListener("input", () => this.#keysChanged());
    this.#kept.addEventListener("input", () => this.#forget());
    this.#progress.setAttribute("aria-label", "How much was checked");
    place.verdict.setAttribute("role", "status");
    place.controls.append(
      this.#signers,
      element(
        "div",
        { className: "controls" },
        element(
          "label",
          {},
          "Public key of the log, from elsewhere and not from this file",
          this.#key,
        ),
        element("label", {}, "Checkpoint that you kept (optional)", this.#kept),
      ),
      this.#fingerprint,
      element(
        "div",
        { className: "controls" },
        this.#check,
        place.inReport && this.#tamper(place.inReport.isWhole),
      ),
      this.#progress,
      this.#outcome,
    );
    place.controls.hidden = false;
  }

  /**
   * Takes what is checked, in place of what it had.
   *
   * @param read - Reads it, each time that it is checked. Undefined if there is nothing to check.
   * @param signers - What is known of who signed it, in words.
   */
  use(read: (() => Promise<Evidence>) | undefined, signers = ""): void {
    this.#read = read;
    this.#forget();
    this.#signers.textContent = signers;
  }

  /** Adds a key to those that were given. */
  addKey(text: string): void {
    this.#key.value = `${this.#key.value.trim()}\n${text.trim()}`.trim();
    this.#keysChanged();
  }

  /** Adds a checkpoint to those that were kept. */
  addKept(text: string): void {
    this.#kept.value = `${this.#kept.value.trim()}\n\n${text.trim()}\n`.trimStart();
    this.#forget();
  }

  /** Checks the evidence, or a copy in which one byte was changed. */
  async check(tamper?: TamperPlace): Promise<void> {
    const read = this.#read;
    if (read === undefined) return;
    const { verdict, script } = this.#place;
    this.#forget();
    const given = this.#given;
    this.#check.disabled = true;
    this.#progress.hidden = false;
    this.#progress.removeAttribute("value");
    verdict.textContent = "checking …";
    verdict.className = "verdict-unknown";
    const brought = {
      keys: keyLines(this.#key.value),
      kept: keptIn(this.#kept.value),
      ...(tamper !== undefined && { tamper }),
    };
    const onProgress = (done: number) => {
      if (given === this.#given) this.#progress.value = done;
    };
    const outcome = await read()
      .then((evidence) => check({ ...brought, evidence }, script, onProgress))
      .catch((error: unknown): Outcome => ({ error: `the check itself failed: ${error}` }));
    if (given !== this.#given) return;
    showOutcome(outcome, verdict, this.#outcome);
    this.#progress.hidden = true;
    this.#check.disabled = false;
  }

  /** What was found out is about what was given before. */
  #forget(): void {
    this.#given++;
    const { verdict } = this.#place;
    verdict.textContent = "not checked in this browser yet";
    verdict.className = "verdict-unknown";
    this.#outcome.replaceChildren();
    this.#progress.hidden = true;
    this.#check.disabled = this.#read === undefined;
    for (const row of document.querySelectorAll("[data-failed]"))
      row.removeAttribute("data-failed");
  }

  #keysChanged(): void {
    this.#forget();
    this.#showFingerprints();
  }

  #tamper(isWhole: boolean): HTMLElement {
    const options = TAMPER.map(([value, text]) => {
      const disabled = isWhole && value === "proof";
      return element("option", { value, disabled }, disabled ? NO_PROOFS : text);
    });
    const where = element("select", { id: "tamper-where" }, ...options);
    const change = button("Change one byte and check again", () => {
      void this.check(where.value as TamperPlace);
    });
    change.id = "tamper";
    const label = element("label", {}, "Can the check fail? Change one byte of a copy", where);
    return element("div", { className: "controls" }, label, change);
  }

  #showFingerprints(): void {
    this.#fingerprint.replaceChildren(
      ...keyLines(this.#key.value).flatMap((key) => [fingerprintOf(key), element("br")]),
    );
  }
}

/** Several signed notes, or the text of one without its signatures. */
function keptIn(text: string): string[] {
  if (text.trim() === "") return [];
  const notes = splitNotes(text);
  return notes.some((note) => note.includes("\n\u2014 ")) ? notes : [text];
}

/** What a reader can compare with what he was told on the phone. */
function fingerprintOf(line: string): string {
  try {
    const { vkey } = keyOfLine(line);
    const { name, algorithm, publicKey } = parseVerifierKey(vkey);
    const hash = (sha256Hex(publicKey).match(/.{8}/g) ?? []).join(" ");
    return `Key of ${name} (${algorithm}), SHA-256 of the public key: ${hash}`;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return `This is not a key: ${error.message}`;
  }
}
