import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../system/clock.ts";
import { type Access, connections, readAnew } from "./access.ts";

export interface PodAccess {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly host: string;
  readonly port: string;
  /** Where kubelet puts `token`, `ca.crt` and `namespace`; its usual place when absent. */
  readonly folder?: string;
  readonly clock: Pick<Clock, "monotonic">;
}

const usualFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Access from inside a pod by its service account; throws when the folder lacks a file. Uses no library: client-node would cost every
 * builder a second at its start and 80 MB.
 */
export function accessInPod({ host, port, folder = usualFolder, clock }: PodAccess): Access {
  const token = readAnew(clock, async () => (await readFile(join(folder, "token"), "utf8")).trim());
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    namespace: readFileSync(join(folder, "namespace"), "utf8").trim(),
    agent: new Agent({ ...connections, ca: readFileSync(join(folder, "ca.crt")) }),
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
  };
}
