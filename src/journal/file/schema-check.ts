import type { DatabaseSync } from "node:sqlite";
import { MIGRATIONS, SCHEMA } from "./schema.js";
import { loadSqlite } from "./sqlite.js";

/** An object of a database's schema. */
interface SchemaObject {
  readonly type: string;
  readonly name: string;
  /** Without line ends and indents. Empty for an index that SQLite makes by itself. */
  readonly sql: string;
}

/** Something in the file that is not what the schema version says. */
export interface SchemaDifference {
  /** What it is, or should be: `table`, `index`, `view`, `trigger`, or the `content` of these. */
  readonly type: string;
  /** In words: `it has no trigger entry_update`. */
  readonly problem: string;
}

/**
 * Compares the schema of a journal with the one that its version makes: whatever is missing,
 * different or there too much. Nothing of the schema is run for that, so it can be anybody's.
 *
 * @param version - Of the file. Objects that a later version adds are not expected.
 */
export function schemaDifferences(
  database: DatabaseSync,
  version: number,
): readonly SchemaDifference[] {
  const found = Map.groupBy(objectsIn(database), keyOf);
  const later = laterNames(version);
  const expected = ownObjects().filter(({ name }) => !later.has(name.replace(AUTOMATIC, "$1")));
  const differences: SchemaDifference[] = [];
  for (const object of expected) {
    const { type, name, sql } = object;
    const [first, ...more] = found.get(keyOf(object)) ?? [];
    found.delete(keyOf(object));
    if (first === undefined) differences.push({ type, problem: `it has no ${type} ${name}` });
    else if (more.length > 0 || first.sql !== sql)
      differences.push({ type, problem: `its ${type} ${name} is not the one of a journal` });
  }
  for (const [{ type, name } = { type: "", name: "" }] of found.values())
    differences.push({ type, problem: `it has another ${type}, ${name}, which no journal has` });
  const encoding = database.prepare("PRAGMA encoding").get()?.["encoding"];
  // SQLite would take the bytes of a line for a text of that encoding, also in the view.
  if (encoding !== "UTF-8")
    differences.push({ type: "content", problem: `its texts are ${encoding}, and not UTF-8` });
  return differences;
}

/** An index that SQLite makes by itself, for a table that has a UNIQUE column. */
const AUTOMATIC = /^sqlite_autoindex_(\w+)_\d+$/;

let own: readonly SchemaObject[] | undefined;

/** What {@link SCHEMA} makes, told by SQLite itself. */
function ownObjects(): readonly SchemaObject[] {
  if (own === undefined) {
    const database = emptyJournal();
    own = objectsIn(database);
    database.close();
  }
  return own;
}

/** An empty journal in memory. */
export function emptyJournal(): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(":memory:");
  database.exec(SCHEMA);
  return database;
}

/**
 * `ANALYZE` makes tables of statistics. They change how SQLite looks for rows, not what it finds.
 */
const OBJECTS = `SELECT type, name, sql FROM sqlite_schema
  WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))`;

function objectsIn(database: DatabaseSync): SchemaObject[] {
  return database
    .prepare(OBJECTS)
    .all()
    .map(({ type, name, sql }) => ({
      type: String(type),
      name: String(name),
      // what SQLite takes for white space, and no more
      sql: String(sql ?? "").replaceAll(/[ \t\n\f\r]+/g, " "),
    }));
}

function keyOf({ type, name }: SchemaObject): string {
  return `${type} ${name}`;
}

/** The names of what the migrations after a version add. */
function laterNames(version: number): ReadonlySet<string> {
  const later = Object.entries(MIGRATIONS).filter(([to]) => Number(to) > version);
  return new Set(
    later.flatMap(([, sql]) =>
      Array.from(
        sql.matchAll(/CREATE (?:TABLE|INDEX|VIEW|TRIGGER) (\w+)/g),
        ([, name = ""]) => name,
      ),
    ),
  );
}
