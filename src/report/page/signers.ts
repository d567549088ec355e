import { keyIdHex } from "../../integrity/keys/verifier-key.js";
import { parseNote } from "../../integrity/note/signed-note.js";
import { visible } from "../../text/safe-text.js";
import { checkpointsOf, type Evidence } from "./evidence.js";

/** Says which keys the newest checkpoint of the evidence names. That proves nothing yet. */
export function signersOf(evidence: Evidence): string {
  const names = newestSigners(evidence);
  if (names === undefined) return "No checkpoint that can be read came with it.";
  return (
    `The checkpoint says that ${names.join(" and ")} signed it. Ask somebody who answers for the ` +
    "log for the key with this name and number. A key that comes with the evidence proves nothing."
  );
}

function newestSigners(evidence: Evidence): string[] | undefined {
  try {
    const note = checkpointsOf(evidence).at(-1);
    const signatures = note === undefined ? undefined : parseNote(note).signatures;
    const names = signatures?.map(({ name, id }) => `${visible(name)}+${keyIdHex(id)}`);
    return names && [...new Set(names)];
  } catch {
    return undefined; // the check says why it cannot be read
  }
}
