/** A record that a backend refused for good: of an entry, or of a checkpoint. */
export interface RejectedRecord {
  readonly mirror: string;
  /** Of the entry. */
  readonly sequence?: number | undefined;
  /** How many entries the checkpoint is over. */
  readonly checkpointSize?: number | undefined;
  /** What the backend said. */
  readonly reason: string;
  /** When, RFC 3339. */
  readonly at: string;
}
