/** Items of which only the first, by `goesBefore`, can be seen. Adding one and taking the first cost log n. */
export interface Heap<T> {
  push(item: T): void;
  first(): T | undefined;
  /** Takes the first away. */
  shift(): void;
}

export function createHeap<T>(goesBefore: (a: T, b: T) => boolean): Heap<T> {
  /** A binary tree: the children of the item at n stand at 2n+1 and 2n+2, and neither goes before it. */
  const items: T[] = [];

  function push(item: T): void {
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !goesBefore(item, parent)) return;
      items[at] = parent;
      items[above] = item;
      at = above;
    }
  }

  function shift(): void {
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    items[0] = last;
    for (let at = 0; ; ) {
      const below = firstBelow(at);
      const child = items[below];
      if (child === undefined || !goesBefore(child, last)) return;
      items[at] = child;
      items[below] = last;
      at = below;
    }
  }

  function firstBelow(at: number): number {
    const [left, right] = [items[2 * at + 1], items[2 * at + 2]];
    return left !== undefined && right !== undefined && goesBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
  }

  return { push, shift, first: () => items[0] };
}
