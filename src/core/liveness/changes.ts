import type { Milliseconds } from "../../api/values/duration.ts";

/** The last observed value of each builder, with its first observation on the operator's monotonic clock. */
export type ChangeAges = ReadonlyMap<string, ObservedValue>;

interface ObservedValue {
  /** A value that changes with each sign of life or work; undefined before the first. */
  readonly value: string | undefined;
  readonly since: Milliseconds;
}

/**
 * Updates the ages with the values just read. Values may contain times of other hosts, because they are only compared
 * for change. Without `before` every age starts at 0: after a start, or after a gap in its watch, the operator has no
 * evidence.
 */
export function observeChanges(
  before: ChangeAges | undefined,
  values: ReadonlyMap<string, string | undefined>,
  now: Milliseconds,
): ChangeAges {
  return new Map(
    [...values].map(([name, value]) => {
      const last = before?.get(name);
      return [name, last !== undefined && last.value === value ? last : { value, since: now }];
    }),
  );
}

/** The time since the last change of a builder's value; 0 for an unknown builder. */
export function changeAgeOf(ages: ChangeAges, name: string, now: Milliseconds): Milliseconds {
  return now - (ages.get(name)?.since ?? now);
}
