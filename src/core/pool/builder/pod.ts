/** One running or starting builder instance: a pod in a cluster, a task of the process on one machine. */
export interface Pod {
  /** Also the name of its Builder. */
  readonly name: string;
  readonly pool: string;
  readonly ordinal: number;
  /** Distinguishes this instance from later instances of the same name. */
  readonly uid: string;
  /** Revision at which the instance started. */
  readonly revision: string;
  /** A stop was requested: the builder drains and exits. */
  readonly terminating: boolean;
  /** Its process has exited, which proves that the builder is dead. */
  readonly ended: boolean;
  /** The reason that it does not start, for people. The text stays the same while the reason does. */
  readonly startFailure?: string;
}

/** Name of the pod, and of the Builder, at an ordinal of a pool. */
export function podName(pool: string, ordinal: number): string {
  return `${pool}-${ordinal}`;
}

/** The ordinal in the name of a pod; undefined if `name` is not the name of a pod of `pool`. */
export function ordinalOf(pool: string, name: string): number | undefined {
  if (!name.startsWith(`${pool}-`)) return undefined;
  const digits = name.slice(pool.length + 1);
  return /^(0|[1-9][0-9]*)$/.test(digits) ? Number(digits) : undefined;
}
