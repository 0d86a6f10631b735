/** Paging as in Relay: a cursor is an item's sort position. A page does not shift when other items come or go. */

export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** Sort position of an item, compared number by number. */
export type Position = readonly number[];

export function connection<T, V>(
  items: readonly T[],
  page: PageArguments,
  position: (item: T, index: number) => Position,
  view: (item: T) => V,
) {
  const placed = items.map((item, index) => ({ item, position: position(item, index) }));
  placed.sort((a, b) => compare(a.position, b.position));
  const [after, before] = [readCursor(page.after), readCursor(page.before)];
  const inside = placed.filter(
    (candidate) =>
      (after === undefined || compare(candidate.position, after) > 0) &&
      (before === undefined || compare(candidate.position, before) < 0),
  );
  const chosen = page.first != null ? inside.slice(0, page.first) : inside.slice(-(page.last ?? inside.length));
  const edges = chosen.map((place) => ({ cursor: writeCursor(place.position), node: view(place.item) }));
  const isEdge = (place: (typeof placed)[number] | undefined, end: (typeof placed)[number] | undefined) =>
    place === end;
  return {
    totalCount: items.length,
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: {
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: chosen.length > 0 && !isEdge(chosen.at(-1), placed.at(-1)),
      hasPreviousPage: chosen.length > 0 && !isEdge(chosen[0], placed[0]),
    },
  };
}

function compare(a: Position, b: Position): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}

function writeCursor(position: Position): string {
  return Buffer.from(`cursor:v2:${JSON.stringify(position)}`).toString("base64");
}

function readCursor(cursor: string | null | undefined): Position | undefined {
  if (cursor == null) return undefined;
  const match = /^cursor:v2:(?<position>\[[\d.,-]*\])$/.exec(Buffer.from(cursor, "base64").toString());
  if (match === null) throw new Error(`\`${cursor}\` does not appear to be a valid cursor.`);
  return JSON.parse(match.groups?.["position"] ?? "[]") as Position;
}
