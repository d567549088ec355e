/** The command was called in a way that it cannot be called; the message says what is wrong. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
