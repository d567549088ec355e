import type { EventEmitter } from "node:events";

/** Hears of an event. Must not throw. */
export type Hearer = (...args: unknown[]) => void;

/** The one listener of an event, and all who hear through it. */
interface Shared {
  readonly hearers: Set<Hearer>;
  readonly listener: Hearer;
}

const shared = new WeakMap<EventEmitter, Map<string, Shared>>();

/**
 * Calls `hearer` at each event of an emitter. All hearers of an event share one listener: Node
 * warns of a leak at the eleventh, and an app may have more mirrors on one logger. The limit of the
 * emitter stays as the app set it.
 *
 * @returns Ends the hearing.
 */
export function hear(emitter: EventEmitter, event: string, hearer: Hearer): () => void {
  const owner = ownerOf(emitter);
  const events = shared.get(owner) ?? new Map<string, Shared>();
  shared.set(owner, events);
  const { hearers, listener } = events.get(event) ?? sharedListener();
  events.set(event, { hearers, listener });
  // the app may have removed all listeners
  if (!owner.listeners(event).includes(listener)) owner.on(event, listener);
  hearers.add(hearer);
  return () => {
    hearers.delete(hearer);
    if (hearers.size > 0) return;
    owner.off(event, listener);
    events.delete(event);
  };
}

function sharedListener(): Shared {
  const hearers = new Set<Hearer>();
  const listener: Hearer = (...args) => {
    for (const hearer of [...hearers]) hearer(...args);
  };
  return { hearers, listener };
}

/** A child logger of winston has the listeners of its parent, through its prototype. */
function ownerOf(emitter: EventEmitter): EventEmitter {
  for (let owner = emitter; owner !== null; owner = Object.getPrototypeOf(owner))
    if (Object.hasOwn(owner, "_events")) return owner;
  return emitter;
}
