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

/** The ids of a record's resource and scope. */
export interface ContextIds {
  readonly resource: number;
  readonly scope: number;
}

/**
 * The resources and scopes of a journal's records. Each is stored once, and has an id. One id leads
 * to the same object for the life of the journal, since exporters group records by the identity of
 * both.
 */
export class Contexts {
  readonly #database: DatabaseSync;
  readonly #ids = new WeakMap<object, number>();
  readonly #objects = new Map<number, object>();
  /** Resources whose detection had not ended when they were stored. */
  readonly #unsettled = new Set<Resource>();

  /** The contexts of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The ids of a resource and a scope; undefined unless both are stored. */
  known(resource: Resource, scope: RecordScope): ContextIds | undefined {
    const ids = { resource: this.#ids.get(resource), scope: this.#ids.get(scope) };
    return ids.resource === undefined || ids.scope === undefined ? undefined : (ids as ContextIds);
  }

  /** Stores both. To be called within a transaction. */
  store(resource: Resource, scope: RecordScope): ContextIds {
    return {
      // A resource that will change has a row of its own.
      resource: resource.asyncAttributesPending
        ? this.#insert("resource", encodeResource(resource))
        : this.#idOfEqual("resource", encodeResource(resource)),
      scope: this.#idOfEqual("scope", encodeScope(scope)),
    };
  }

  /** Remembers the ids that {@link Contexts.store} returned, once they are committed. */
  learn(resource: Resource, scope: RecordScope, ids: ContextIds): void {
    this.#learn(resource, ids.resource);
    this.#learn(scope, ids.scope);
    if (resource.asyncAttributesPending) this.#unsettled.add(resource);
  }

  /** The resources whose detection has ended since they were stored. */
  settled(): Resource[] {
    if (this.#unsettled.size === 0) return [];
    return [...this.#unsettled].filter((resource) => !resource.asyncAttributesPending);
  }

  /** Stores what was detected about settled resources. */
  update(settled: readonly Resource[]): void {
    const update = this.#database.prepare("UPDATE context SET json = ? WHERE id = ?");
    for (const resource of settled)
      update.run(encodeResource(resource), this.#ids.get(resource) as number);
  }

  /** Remembers that what {@link Contexts.update} stored is committed. */
  forget(settled: readonly Resource[]): void {
    for (const resource of settled) this.#unsettled.delete(resource);
  }

  /** The resource of an id, always the same object. */
  resource(id: number): Resource {
    return this.#objectOf(id, decodeResource);
  }

  /** The scope of an id, always the same object. */
  scope(id: number): RecordScope {
    return this.#objectOf(id, decodeScope);
  }

  /** The id of an equal row, or of a new one. */
  #idOfEqual(kind: keyof ContextIds, json: string): number {
    const equal = this.#database.prepare("SELECT id FROM context WHERE kind = ? AND json = ?");
    return Number(equal.get(kind, json)?.["id"] ?? this.#insert(kind, json));
  }

  #insert(kind: keyof ContextIds, json: string): number {
    const insert = this.#database.prepare("INSERT INTO context (kind, json) VALUES (?, ?)");
    return Number(insert.run(kind, json).lastInsertRowid);
  }

  #learn(value: object, id: number): void {
    this.#ids.set(value, id);
    if (!this.#objects.has(id)) this.#objects.set(id, value);
  }

  #objectOf<T extends object>(id: number, decode: (json: string) => T): T {
    let value = this.#objects.get(id);
    if (value === undefined) {
      const row = this.#database.prepare("SELECT json FROM context WHERE id = ?").get(id);
      value = decode(String(row?.["json"] ?? "{}"));
      this.#objects.set(id, value);
    }
    return value as T;
  }
}
