/** Scheduled events on a simulated clock. Events run by time, and at equal times in the sequence of their creation. */
export interface Agenda {
  now(): number;
  at(moment: number, event: () => void): void;
  /** Runs all events up to and including `end`. */
  run(end: number): void;
}

interface Entry {
  readonly moment: number;
  readonly sequence: number;
  readonly event: () => void;
}

export function createAgenda(start: number): Agenda {
  const heap: Entry[] = [];
  let now = start;
  let sequence = 0;

  const isBefore = (a: Entry, b: Entry) => a.moment < b.moment || (a.moment === b.moment && a.sequence < b.sequence);
  const swap = (i: number, j: number) => {
    [heap[i], heap[j]] = [heap[j] as Entry, heap[i] as Entry];
  };

  function push(entry: Entry): void {
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child] as Entry, heap[parent] as Entry)) return;
      swap(child, parent);
      child = parent;
    }
  }

  function pop(): Entry | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let least = parent;
      for (const child of [left, right]) {
        const entry = heap[child];
        if (entry !== undefined && isBefore(entry, heap[least] as Entry)) least = child;
      }
      if (least === parent) return top;
      swap(parent, least);
      parent = least;
    }
  }

  return {
    now: () => now,
    at: (moment, event) => {
      sequence += 1;
      push({ moment: Math.max(moment, now), sequence, event });
    },
    run: (end) => {
      for (let next = heap[0]; next !== undefined && next.moment <= end; next = heap[0]) {
        pop();
        now = next.moment;
        next.event();
      }
      now = end;
    },
  };
}
