/** What an exporter can tell of a failed export beyond a message; all of it is optional. */
export interface ExportErrorOptions {
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis?: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords?: number | undefined;
  /** Whether no export will succeed until somebody mends the set-up. */
  readonly misconfigured?: boolean | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** A failed export, told in a way that {@link ReliableLogRecordProcessor} understands. */
export class ExportError extends Error {
  override readonly name: string = "ExportError";
  /** HTTP status of the answer. */
  readonly status: number | undefined;
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMillis: number | undefined;
  /** How many records of the batch a partial success refused. */
  readonly rejectedLogRecords: number | undefined;
  /** Whether no export will succeed until somebody mends the set-up. */
  readonly misconfigured: boolean;

  /** Makes the error; `message` becomes the reason of a rejection. */
  constructor(message: string, options: ExportErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterMillis = options.retryAfterMillis;
    this.rejectedLogRecords = options.rejectedLogRecords;
    this.misconfigured = options.misconfigured ?? false;
  }
}
