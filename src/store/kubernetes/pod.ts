import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../system/clock.ts";
import { type Access, connectionOptions, createCachedReader } from "./access.ts";

/** Options of `accessInPod`. */
export interface PodAccess {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly host: string;
  readonly port: string;
  /** Folder of kubelet's files `token`, `ca.crt` and `namespace`; kubelet's default when absent. */
  readonly folder?: string;
  readonly clock: Pick<Clock, "monotonic">;
}

const defaultFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Creates the access from inside a pod with its service account. Throws if the folder lacks a file. Does not use
 * client-node, which would cost every builder 1 s at its start and 80 MB.
 */
export function accessInPod({ host, port, folder = defaultFolder, clock }: PodAccess): Access {
  const token = createCachedReader(clock, async () => (await readFile(join(folder, "token"), "utf8")).trim());
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    namespace: readFileSync(join(folder, "namespace"), "utf8").trim(),
    agent: new Agent({ ...connectionOptions, ca: readFileSync(join(folder, "ca.crt")) }),
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
  };
}
