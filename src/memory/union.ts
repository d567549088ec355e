import type { Walker } from "./postings.js";

/** A walk, and where it stands. */
interface Standing {
  readonly walker: Walker;
  at: number;
}

/**
 * A walk over the sequences of several walks that go in one direction. No two of them have a
 * sequence in common. The walk that stands first is at the root of a binary heap, so a step takes
 * time in the logarithm of their number, and only the walks behind the bound move.
 *
 * @param walkers - At least one.
 */
export function anyOf(walkers: readonly Walker[], newestFirst: boolean): Walker {
  const [only] = walkers;
  if (only !== undefined && walkers.length === 1) return only;
  const sign = newestFirst ? -1 : 1;
  let heap: Standing[] | undefined;
  return {
    seek(bound) {
      if (heap === undefined) {
        heap = walkers.flatMap((walker) => {
          const at = walker.seek(bound);
          return at === undefined ? [] : [{ walker, at }];
        });
        // a sorted array is a heap
        heap.sort((a, b) => (a.at - b.at) * sign);
      }
      for (;;) {
        const [first] = heap;
        if (first === undefined || (first.at - bound) * sign >= 0) return first?.at;
        const at = first.walker.seek(bound);
        const last = at === undefined ? heap.pop() : undefined;
        if (at !== undefined) first.at = at;
        else if (last !== undefined && last !== first) heap[0] = last;
        sink(heap, sign);
      }
    },
  };
}

/** Moves the root down to its place. */
function sink(heap: Standing[], sign: 1 | -1): void {
  for (let parent = 0; ; ) {
    const left = 2 * parent + 1;
    const isRight = isBefore(heap[left + 1], heap[left], sign);
    const child = isRight ? left + 1 : left;
    if (!isBefore(heap[child], heap[parent], sign)) return;
    [heap[parent], heap[child]] = [heap[child] as Standing, heap[parent] as Standing];
    parent = child;
  }
}

function isBefore(a: Standing | undefined, b: Standing | undefined, sign: 1 | -1): boolean {
  return a !== undefined && b !== undefined && (a.at - b.at) * sign < 0;
}
