/** Marks the file as ours in its header: "qlog" in ASCII. */
export const APPLICATION_ID = 0x716c6f67;

/** How many entries share one row of `time_block`. */
export const TIME_BLOCK = 1024;

const refuse = (table: string, event: string): string =>
  `CREATE TRIGGER ${table}_${event.toLowerCase()} BEFORE ${event} ON ${table}
   BEGIN SELECT RAISE(ABORT, 'append-only: ${event} on ${table} is refused'); END;`;

/**
 * The columns of a query stand beside the line, each in an index of its own, where absent values take no room. The line
 * comes last, so that a filter reads no overflow pages of it.
 */
const FIRST = `
CREATE TABLE log (
  only INTEGER PRIMARY KEY CHECK (only = 0),
  log_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE owner (
  only INTEGER PRIMARY KEY CHECK (only = 0),
  pid INTEGER,
  host TEXT,
  since TEXT
) STRICT;
INSERT INTO owner (only) VALUES (0);
CREATE TABLE context (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('resource', 'scope')),
  json TEXT NOT NULL
) STRICT;
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY CHECK (sequence >= 0),
  timestamp_millis INTEGER NOT NULL,
  recorded_nanos INTEGER NOT NULL,
  trace_flags INTEGER,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  operation TEXT NOT NULL,
  proposal_id TEXT,
  subject_id TEXT,
  kind TEXT,
  actor_did TEXT,
  decision TEXT,
  line BLOB NOT NULL
) STRICT;
CREATE INDEX entry_by_operation ON entry (operation) WHERE operation IS NOT NULL;
CREATE INDEX entry_by_proposal_id ON entry (proposal_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX entry_by_subject_id ON entry (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX entry_by_kind ON entry (kind) WHERE kind IS NOT NULL;
CREATE INDEX entry_by_actor_did ON entry (actor_did) WHERE actor_did IS NOT NULL;
CREATE INDEX entry_by_decision ON entry (decision) WHERE decision IS NOT NULL;
CREATE TABLE time_block (
  block INTEGER PRIMARY KEY,
  earliest_millis INTEGER NOT NULL,
  latest_millis INTEGER NOT NULL
) STRICT;
CREATE TABLE pruning (
  pruned_before INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  recorded_nanos INTEGER NOT NULL,
  older_than TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE pruned_leaf (
  sequence INTEGER PRIMARY KEY,
  leaf_hash BLOB NOT NULL
) STRICT;
CREATE TABLE outbox (
  mirror TEXT PRIMARY KEY,
  next INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  since TEXT NOT NULL
) STRICT;
CREATE TABLE resend (
  mirror TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (mirror, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE rejected (
  mirror TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (mirror, sequence)
) STRICT, WITHOUT ROWID;
CREATE VIEW audit AS
  SELECT sequence,
    json_extract(text, '$.timestamp') AS timestamp,
    coalesce(json_extract(text, '$.recorded_at'), json_extract(text, '$.timestamp')) AS recorded_at,
    operation, proposal_id, subject_id, kind, actor_did, decision,
    json_extract(text, '$.details') AS details,
    json_extract(text, '$.id') AS id,
    json_extract(text, '$.trace_id') AS trace_id,
    json_extract(text, '$.span_id') AS span_id,
    lower(hex(leaf_hash)) AS leaf_hash,
    text AS line
  FROM (SELECT *, CAST(line AS TEXT) AS text FROM entry);
CREATE TRIGGER entry_insert BEFORE INSERT ON entry
  WHEN NEW.sequence IS NOT coalesce(
    (SELECT max(sequence) + 1 FROM entry), (SELECT max(pruned_before) FROM pruning), 0)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on entry takes the next sequence alone'); END;
CREATE TRIGGER entry_delete BEFORE DELETE ON entry
  WHEN OLD.sequence >= coalesce((SELECT max(pruned_before) FROM pruning), 0)
    OR NOT EXISTS (
      SELECT 1 FROM pruned_leaf WHERE sequence = OLD.sequence AND leaf_hash = OLD.leaf_hash)
  BEGIN SELECT RAISE(ABORT, 'append-only: DELETE on entry is refused but for a recorded pruning'); END;
${refuse("entry", "UPDATE")}
${refuse("log", "UPDATE")}
${refuse("log", "DELETE")}
${refuse("pruning", "UPDATE")}
${refuse("pruning", "DELETE")}
${refuse("pruned_leaf", "UPDATE")}
${refuse("pruned_leaf", "DELETE")}
`;

/**
 * The Merkle tree over the entries, as far as it is worth keeping, and the checkpoints that were signed of it. A record of
 * the outbox is keyed by its position, which is its sequence until there are checkpoints between the entries.
 */
const SECOND = `
CREATE TABLE subtree (
  height INTEGER NOT NULL,
  number INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  PRIMARY KEY (height, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
  position INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  root_hash BLOB NOT NULL CHECK (length(root_hash) = 32),
  id TEXT NOT NULL,
  recorded_nanos INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;
CREATE INDEX checkpoint_by_size ON checkpoint (size);
ALTER TABLE resend RENAME COLUMN sequence TO position;
ALTER TABLE rejected RENAME COLUMN sequence TO position;
CREATE TRIGGER subtree_insert BEFORE INSERT ON subtree
  WHEN NEW.number IS NOT coalesce((SELECT max(number) + 1 FROM subtree WHERE height = NEW.height), 0)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on subtree takes the next number alone'); END;
CREATE TRIGGER checkpoint_insert BEFORE INSERT ON checkpoint
  WHEN NEW.position <= (SELECT max(position) FROM checkpoint)
    OR NEW.size < (SELECT size FROM checkpoint ORDER BY position DESC LIMIT 1)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on checkpoint goes on from the newest'); END;
${refuse("subtree", "UPDATE")}
${refuse("subtree", "DELETE")}
${refuse("checkpoint", "UPDATE")}
${refuse("checkpoint", "DELETE")}
`;

/**
 * Guards against `INSERT OR REPLACE`, which deletes the row in its way without a word to the triggers on DELETE. A pruning
 * keeps the leaf hashes first, in the order of their sequences, and is written down when all of them are there.
 */
const THIRD = `
CREATE TRIGGER log_insert BEFORE INSERT ON log WHEN EXISTS (SELECT 1 FROM log)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on log is refused, it has its name'); END;
CREATE TRIGGER pruned_leaf_insert BEFORE INSERT ON pruned_leaf
  WHEN NEW.sequence IS NOT coalesce((SELECT max(sequence) + 1 FROM pruned_leaf), 0)
    OR NEW.leaf_hash IS NOT (SELECT leaf_hash FROM entry WHERE sequence = NEW.sequence)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on pruned_leaf takes the leaf hash of the next entry alone'); END;
CREATE TRIGGER pruning_insert BEFORE INSERT ON pruning
  WHEN NEW.first IS NOT coalesce((SELECT max(pruned_before) FROM pruning), 0)
    OR NEW.first >= NEW.pruned_before
    OR NEW.pruned_before IS NOT (SELECT max(sequence) + 1 FROM pruned_leaf)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on pruning goes on from the last, over leaf hashes that are kept'); END;
CREATE TRIGGER context_insert BEFORE INSERT ON context WHEN EXISTS (SELECT 1 FROM context WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on context takes a new id alone'); END;
CREATE TRIGGER context_update BEFORE UPDATE OF id, kind ON context
  BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on context is refused but for json, where detection ends late'); END;
${refuse("context", "DELETE")}
`;

/** What leads from each schema version to the next; the first makes the schema. */
export const MIGRATIONS: readonly string[] = [FIRST, SECOND, THIRD];

/** The schema version that this code reads and writes, kept in `user_version`. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** The oldest schema version that can be read as it is: what came later are triggers, which guard writers alone. */
export const READABLE_VERSION = 2;

/** Tables, indexes, view and triggers of a schema version by name; a file that lacks one was tampered with. */
export function schemaObjects(version: number): { readonly type: string; readonly name: string }[] {
  const made = MIGRATIONS.slice(0, version).join("");
  return Array.from(
    made.matchAll(/CREATE (TABLE|INDEX|VIEW|TRIGGER) (\w+)/g),
    ([, type = "", name = ""]) => ({ type, name }),
  );
}
