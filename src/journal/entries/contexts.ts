import type { DatabaseSync } from "node:sqlite";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import {
  decodeResource,
  decodeScope,
  encodeResource,
  encodeScope,
  type RecordScope,
} from "../../record/surroundings.js";

type Resource = ReadableLogRecord["resource"];

/** How the values of one kind of context are stored. */
interface Form<T> {
  readonly kind: "resource" | "scope";
  readonly encode: (value: T) => string;
  readonly decode: (json: string) => T;
}

/**
 * The resources or the scopes of records. Each is stored once, and has an id. One id leads to the
 * same object for the life of the journal, since exporters group records by the identity of both.
 */
class Interned<T extends object> {
  readonly #database: DatabaseSync;
  readonly #form: Form<T>;
  readonly #ids = new WeakMap<T, number>();
  readonly #objects = new Map<number, T>();

  constructor(database: DatabaseSync, form: Form<T>) {
    this.#database = database;
    this.#form = form;
  }

  /** The id of an object; undefined for one that was not met yet. */
  idOf(value: T): number | undefined {
    return this.#ids.get(value);
  }

  /**
   * Returns the id of an equal value, or of a new row.
   *
   * @param willChange - Whether the value will change. It then gets a row of its own.
   */
  store(value: T, willChange: boolean): number {
    const { kind } = this.#form;
    const json = this.#form.encode(value);
    const equal = this.#database.prepare("SELECT id FROM context WHERE kind = ? AND json = ?");
    const known = willChange ? undefined : equal.get(kind, json)?.["id"];
    if (known !== undefined) return Number(known);
    const insert = this.#database.prepare("INSERT INTO context (kind, json) VALUES (?, ?)");
    return Number(insert.run(kind, json).lastInsertRowid);
  }

  /** Remembers the id of an object whose row is committed. */
  learn(value: T, id: number): void {
    this.#ids.set(value, id);
    if (!this.#objects.has(id)) this.#objects.set(id, value);
  }

  /** The object of an id, always the same one. */
  objectOf(id: number): T {
    let value = this.#objects.get(id);
    if (value === undefined) {
      const row = this.#database.prepare("SELECT json FROM context WHERE id = ?").get(id);
      value = this.#form.decode(String(row?.["json"] ?? "{}"));
      this.#objects.set(id, value);
    }
    return value;
  }

  /** Writes the row of an object again. */
  update(value: T): void {
    const id = this.#ids.get(value);
    if (id === undefined) return;
    this.#database
      .prepare("UPDATE context SET json = ? WHERE id = ?")
      .run(this.#form.encode(value), id);
  }
}

/** The ids of a record's resource and scope. */
export interface ContextIds {
  readonly resource: number;
  readonly scope: number;
}

/** The resources and scopes of a journal. */
export class Contexts {
  readonly #resources: Interned<Resource>;
  readonly #scopes: Interned<RecordScope>;
  /** Resources whose detection had not ended when they were stored. */
  readonly #unsettled = new Set<Resource>();

  /** The contexts of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#resources = new Interned(database, {
      kind: "resource",
      encode: encodeResource,
      decode: decodeResource,
    });
    this.#scopes = new Interned(database, {
      kind: "scope",
      encode: encodeScope,
      decode: decodeScope,
    });
  }

  /** The ids of a resource and a scope; undefined unless both are stored. */
  known(resource: Resource, scope: RecordScope): ContextIds | undefined {
    const ids = { resource: this.#resources.idOf(resource), scope: this.#scopes.idOf(scope) };
    return ids.resource === undefined || ids.scope === undefined ? undefined : (ids as ContextIds);
  }

  /** Stores both. To be called within a transaction. */
  store(resource: Resource, scope: RecordScope): ContextIds {
    const willChange = resource.asyncAttributesPending === true;
    return {
      resource: this.#resources.store(resource, willChange),
      scope: this.#scopes.store(scope, false),
    };
  }

  /** Remembers the ids that {@link Contexts.store} returned, once they are committed. */
  learn(resource: Resource, scope: RecordScope, ids: ContextIds): void {
    this.#resources.learn(resource, ids.resource);
    this.#scopes.learn(scope, ids.scope);
    if (resource.asyncAttributesPending) this.#unsettled.add(resource);
  }

  /** The resources whose detection has ended since they were stored. */
  settled(): Resource[] {
    if (this.#unsettled.size === 0) return [];
    return [...this.#unsettled].filter((resource) => !resource.asyncAttributesPending);
  }

  /** Stores what was detected about settled resources. */
  update(settled: readonly Resource[]): void {
    for (const resource of settled) this.#resources.update(resource);
  }

  /** Remembers that what {@link Contexts.update} stored is committed. */
  forget(settled: readonly Resource[]): void {
    for (const resource of settled) this.#unsettled.delete(resource);
  }

  /** The resource of an id, always the same object. */
  resource(id: number): Resource {
    return this.#resources.objectOf(id);
  }

  /** The scope of an id, always the same object. */
  scope(id: number): RecordScope {
    return this.#scopes.objectOf(id);
  }
}
