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
  /** Folder of the builds. */
  readonly workDir: string;
}

/**
 * Seconds that a stopped agent may finish its build. A person who shuts the machine down waits for them, so they are
 * few. A drain by the operator or by an update has no such limit: the agent ends by itself then.
 */
export const stopSeconds = 120;

/** PATH of the agents that a service manager starts. */
export function servicePath(platform: NodeJS.Platform): string {
  const usual = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
  return platform === "darwin" ? `/opt/homebrew/bin:${usual}` : `/usr/local/sbin:${usual}`;
}
