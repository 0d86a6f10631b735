/** One running or starting builder instance: a pod in a cluster, a task of the process on one machine. */
export interface Pod {
  /** Also the name of its Builder. */
  readonly name: string;
  readonly pool: string;
  readonly ordinal: number;
  /** Tells an instance from a later one of the same name. */
  readonly uid: string;
  /** Revision it was started with. */
  readonly revision: string;
  /** Asked to stop; it drains and goes. */
  readonly terminating: boolean;
  /** Its process ended; the death certificate. */
  readonly ended: boolean;
  /** What keeps it from starting, for people; in words that stay the same while it does. */
  readonly startFailure?: string;
}

/** Name of the pod, and of the Builder, at an ordinal of a pool. */
export function podName(pool: string, ordinal: number): string {
  return `${pool}-${ordinal}`;
}

/** The ordinal that `name` has in `pool`; undefined when it is no pod's name of that pool. */
export function ordinalOf(pool: string, name: string): number | undefined {
  if (!name.startsWith(`${pool}-`)) return undefined;
  const digits = name.slice(pool.length + 1);
  return /^(0|[1-9][0-9]*)$/.test(digits) ? Number(digits) : undefined;
}
