import { z } from "zod";
import { leaderLease } from "./leaderLease.ts";

/** Largest length of a host name. Names of accounts and labels have room for it. */
export const longestHostName = 50;

/** Regular expression of a host name. No name ends with a dash and digits, as the name of a pod does. */
export const hostNamePattern = "^[a-z]([-a-z0-9]*-[0-9]*[a-z])?[a-z0-9]*$";

/** The rule of host names as a clause, for messages. */
export const hostNameRule = `at most ${longestHostName} lower-case letters, digits and dashes that begins with a letter, does not end like the pod name "o2-0" and is not "${leaderLease}"`;

/** Name of a host outside the cluster, and of its Builder: lower-case letters, digits and dashes. */
export const HostName = z
  .string()
  .max(longestHostName)
  .refine(isHostName, {
    error: (issue) => `expected a host name of ${hostNameRule}, found ${JSON.stringify(issue.input)}`,
  });
export type HostName = z.infer<typeof HostName>;

const pattern = new RegExp(hostNamePattern);

/** Whether a Builder of this name can be a host outside the cluster. All other Builders are pods. */
export function isHostName(name: string): boolean {
  return pattern.test(name) && name !== leaderLease;
}
