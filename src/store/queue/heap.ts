/** A priority queue. `push` and `shift` cost O(log n). */
export interface Heap<T> {
  push(item: T): void;
  /** Returns the first item without removing it; undefined when the heap is empty. */
  first(): T | undefined;
  /** Removes the first item. */
  shift(): void;
}

/** Creates an empty heap ordered by `isBefore`. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  /** A binary tree: the children of the item at n are at 2n+1 and 2n+2. Neither child is before its parent. */
  const items: T[] = [];

  function push(item: T): void {
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (parent === undefined || !isBefore(item, parent)) return;
      items[index] = parent;
      items[parentIndex] = item;
      index = parentIndex;
    }
  }

  function shift(): void {
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    items[0] = last;
    for (let index = 0; ; ) {
      const childIndex = firstChildOf(index);
      const child = items[childIndex];
      if (child === undefined || !isBefore(child, last)) return;
      items[index] = child;
      items[childIndex] = last;
      index = childIndex;
    }
  }

  function firstChildOf(index: number): number {
    const [left, right] = [items[2 * index + 1], items[2 * index + 2]];
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }

  return { push, shift, first: () => items[0] };
}
