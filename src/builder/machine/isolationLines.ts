import type { Isolation } from "../cells/isolation.ts";

/**
 * Returns sentences for people about the namespaces of orders. `areUsersApart` says whether builds have users of their
 * own. Without them no namespace separates builds from each other.
 */
export function isolationLines({ processes, ipc, files }: Isolation, areUsersApart: boolean): readonly string[] {
  if (!processes) {
    return [
      `builds share the process table of this machine, because PID namespaces are not available; leftover processes of a build are ${
        areUsersApart ? "killed by their user" : "found by a mark in their environment"
      }${areUsersApart ? `; ${litter}` : ""}`,
    ];
  }
  if (!areUsersApart) return [];
  if (files && ipc)
    return [
      "each order has its own processes, /tmp, /var/tmp, /dev/shm and IPC objects, and sees all other folders read-only",
    ];
  return [
    `builds share /tmp, /var/tmp, /dev/shm or IPC objects of this machine, because mount or IPC namespaces are not available; ${litter}`,
  ];
}

const litter = "their files and IPC objects are deleted after each order";
