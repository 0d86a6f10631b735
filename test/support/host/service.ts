import type { ServiceWish } from "../../../src/agent/service/service.ts";

/** What a service manager must know about the agent of `mac1`. */
export function aServiceWish(changes: Partial<ServiceWish> = {}): ServiceWish {
  return {
    name: "mac1",
    start: "/usr/local/lib/builderpool/mac1/start",
    root: "/usr/local/lib/builderpool/mac1",
    settingsFile: "/var/db/builderpool/mac1/agent.json",
    errorFile: "/var/log/builderpool/mac1.start.log",
    workDir: "/build/o2",
    ...changes,
  };
}
