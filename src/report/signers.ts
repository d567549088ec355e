import { keyIdHex } from "../integrity/keys/verifier-key.js";
import { parseNote } from "../integrity/note/signed-note.js";
import { visible } from "../text/safe-text.js";

/**
 * Says which keys a checkpoint names. That proves nothing yet.
 *
 * @param note - The newest checkpoint of the evidence, if there is one.
 */
export function signersOf(note: string | undefined): string {
  const names = note === undefined ? undefined : signersIn(note);
  if (names === undefined) return "No checkpoint that can be read came with it.";
  return (
    `The checkpoint says that ${names.join(" and ")} signed it. Ask somebody who answers for the ` +
    "log for the key with this name and number. A key that comes with the evidence proves nothing."
  );
}

function signersIn(note: string): string[] | undefined {
  try {
    const { signatures } = parseNote(note);
    return [...new Set(signatures.map(({ name, id }) => `${visible(name)}+${keyIdHex(id)}`))];
  } catch {
    return undefined; // the check says why it cannot be read
  }
}
