/** What a service manager must know about an agent. All paths are absolute. */
export interface ServiceWish {
  readonly name: string;
  /** The starter. */
  readonly start: string;
  /** Folder with the versions of the program. */
  readonly root: string;
  /** File that exists while the host is enrolled. */
  readonly settingsFile: string;
  /** File for the output of the starter, and of a process that fails before its log is open. */
  readonly errorFile: string;
  /** Seconds that a stopped agent may drain. */
  readonly drainSeconds: number;
}
