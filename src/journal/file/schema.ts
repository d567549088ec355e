import { COLUMNS } from "../../entry/columns.js";

/** Marks the file as a journal in its header: "qlog" in ASCII. */
export const APPLICATION_ID = 0x716c6f67;

/** How many entries a block has. Whole blocks have postings, and a row of `time_block`. */
export const BLOCK = 1024;

/** Columns of a query: when a row was recorded, as OpenTelemetry has a time. */
export const RECORDED =
  "recorded_nanos / 1000000000 AS seconds, recorded_nanos % 1000000000 AS nanos";

/** The schema version that this code reads and writes. The file keeps it in `user_version`. */
export const SCHEMA_VERSION = 4;

/** Versions 1 to 3 were never released, so they are refused. */
export const OLDEST_VERSION = 4;

/**
 * The SQL that makes a version of the schema out of the one before it, by the version it makes.
 * There is none yet: a change of the schema is made in {@link SCHEMA}, raises {@link
 * SCHEMA_VERSION}, and adds its SQL here.
 */
export const MIGRATIONS: Readonly<Record<number, string>> = {};

const ENTRY_COLUMNS = COLUMNS.map(
  ({ name, key }) => `${key} TEXT${name === "operation" ? " NOT NULL" : ""}`,
);

const refuse = (table: string, event: string): string =>
  `CREATE TRIGGER ${table}_${event.toLowerCase()} BEFORE ${event} ON ${table}
   BEGIN SELECT RAISE(ABORT, 'append-only: ${event} on ${table} is refused'); END;`;

/**
 * The whole schema of a new journal: tables and indexes, the view for auditors, then the triggers.
 */
export const SCHEMA: string = `
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

-- The line comes last, so that a filter on the other columns does not read its overflow pages.
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY CHECK (sequence >= 0),
  timestamp_millis INTEGER NOT NULL,
  recorded_nanos INTEGER NOT NULL,
  trace_flags INTEGER,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  ${ENTRY_COLUMNS.join(",\n  ")},
  line BLOB NOT NULL
) STRICT;

-- Which entries of a whole block have a value in a column. It is written once for a block. Indexes
-- would be written with each entry.
CREATE TABLE posting (
  column TEXT NOT NULL,
  value TEXT NOT NULL,
  block INTEGER NOT NULL,
  places TEXT NOT NULL,
  PRIMARY KEY (column, value, block)
) STRICT, WITHOUT ROWID;
-- The ids that callers gave to their entries, so that a call can be repeated.
CREATE TABLE given_id (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  of_option TEXT NOT NULL
) STRICT;

-- When the ${BLOCK} entries of a whole block happened: a query by time looks here first.
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

-- The Merkle tree over the leaf hashes, as far as it is worth keeping, and what was signed of it.
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

-- How far each mirror has come. A position counts entries and checkpoints in the order of delivery.
CREATE TABLE outbox (
  mirror TEXT PRIMARY KEY,
  next INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  since TEXT NOT NULL
) STRICT;
CREATE TABLE resend (
  mirror TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (mirror, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE rejected (
  mirror TEXT NOT NULL,
  position INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (mirror, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW audit AS
  SELECT sequence,
    json_extract(text, '$.timestamp') AS timestamp,
    coalesce(json_extract(text, '$.recorded_at'), json_extract(text, '$.timestamp')) AS recorded_at,
    ${COLUMNS.map(({ key }) => key).join(", ")},
    json_extract(text, '$.details') AS details,
    json_extract(text, '$.id') AS id,
    json_extract(text, '$.trace_id') AS trace_id,
    json_extract(text, '$.span_id') AS span_id,
    lower(hex(leaf_hash)) AS leaf_hash,
    text AS line
  FROM (SELECT *, CAST(line AS TEXT) AS text FROM entry);

-- INSERT OR REPLACE deletes the row in its way without firing the triggers on DELETE, so every
-- table of the history has a trigger on INSERT too. A pruning keeps the leaf hashes first, in the
-- order of their sequences. It is written down when all of them are there. Only then can the
-- entries be deleted.
CREATE TRIGGER log_insert BEFORE INSERT ON log WHEN EXISTS (SELECT 1 FROM log)
  BEGIN SELECT RAISE(ABORT,
    'append-only: INSERT on log is refused, the log has its name already'); END;
${refuse("log", "UPDATE")}
${refuse("log", "DELETE")}

CREATE TRIGGER context_insert BEFORE INSERT ON context
  WHEN EXISTS (SELECT 1 FROM context WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on context takes only a new id'); END;
CREATE TRIGGER context_update BEFORE UPDATE OF id, kind ON context
  BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on context may change only the column json'); END;
${refuse("context", "DELETE")}

CREATE TRIGGER entry_insert BEFORE INSERT ON entry
  WHEN NEW.sequence IS NOT coalesce(
    (SELECT max(sequence) + 1 FROM entry), (SELECT max(pruned_before) FROM pruning), 0)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on entry takes only the next sequence'); END;
${refuse("entry", "UPDATE")}
CREATE TRIGGER entry_delete BEFORE DELETE ON entry
  WHEN OLD.sequence >= coalesce((SELECT max(pruned_before) FROM pruning), 0)
    OR NOT EXISTS (
      SELECT 1 FROM pruned_leaf WHERE sequence = OLD.sequence AND leaf_hash = OLD.leaf_hash)
  BEGIN SELECT RAISE(ABORT,
    'append-only: DELETE on entry is refused, except for a recorded pruning'); END;

CREATE TRIGGER posting_insert BEFORE INSERT ON posting
  WHEN NOT EXISTS (SELECT 1 FROM entry WHERE sequence = NEW.block * ${BLOCK} + ${BLOCK - 1})
    OR EXISTS (SELECT 1 FROM posting
      WHERE column = NEW.column AND value = NEW.value AND block = NEW.block)
  BEGIN SELECT RAISE(ABORT,
    'append-only: INSERT on posting takes only new postings of a whole block'); END;
${refuse("posting", "UPDATE")}
CREATE TRIGGER posting_delete BEFORE DELETE ON posting
  WHEN OLD.block * ${BLOCK} >= coalesce((SELECT max(pruned_before) FROM pruning), 0)
  BEGIN SELECT RAISE(ABORT,
    'append-only: DELETE on posting is refused, except for a recorded pruning'); END;

CREATE TRIGGER pruned_leaf_insert BEFORE INSERT ON pruned_leaf
  WHEN NEW.sequence IS NOT coalesce((SELECT max(sequence) + 1 FROM pruned_leaf), 0)
    OR NEW.leaf_hash IS NOT (SELECT leaf_hash FROM entry WHERE sequence = NEW.sequence)
  BEGIN SELECT RAISE(ABORT,
    'append-only: INSERT on pruned_leaf takes only the leaf hash of the next entry'); END;
${refuse("pruned_leaf", "UPDATE")}
${refuse("pruned_leaf", "DELETE")}

CREATE TRIGGER pruning_insert BEFORE INSERT ON pruning
  WHEN NEW.first IS NOT coalesce((SELECT max(pruned_before) FROM pruning), 0)
    OR NEW.first >= NEW.pruned_before
    OR NEW.pruned_before IS NOT (SELECT max(sequence) + 1 FROM pruned_leaf)
  BEGIN SELECT RAISE(ABORT,
    'append-only: INSERT on pruning must follow the last one, with its leaf hashes kept'); END;
${refuse("pruning", "UPDATE")}
${refuse("pruning", "DELETE")}

CREATE TRIGGER subtree_insert BEFORE INSERT ON subtree
  WHEN NEW.number IS NOT
    coalesce((SELECT max(number) + 1 FROM subtree WHERE height = NEW.height), 0)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on subtree takes only the next number'); END;
${refuse("subtree", "UPDATE")}
${refuse("subtree", "DELETE")}

CREATE TRIGGER checkpoint_insert BEFORE INSERT ON checkpoint
  WHEN NEW.position <= (SELECT max(position) FROM checkpoint)
    OR NEW.size < (SELECT size FROM checkpoint ORDER BY position DESC LIMIT 1)
  BEGIN SELECT RAISE(ABORT,
    'append-only: INSERT on checkpoint must follow the newest checkpoint'); END;
${refuse("checkpoint", "UPDATE")}
${refuse("checkpoint", "DELETE")}

CREATE TRIGGER given_id_insert BEFORE INSERT ON given_id
  WHEN EXISTS (SELECT 1 FROM given_id WHERE sequence = NEW.sequence OR id = NEW.id)
    OR NEW.id IS NOT (
      SELECT json_extract(CAST(line AS TEXT), '$.id') FROM entry WHERE sequence = NEW.sequence)
  BEGIN SELECT RAISE(ABORT, 'append-only: INSERT on given_id takes only the id of an entry'); END;
${refuse("given_id", "UPDATE")}
${refuse("given_id", "DELETE")}
`;
