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
  return accessByFolder({ server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`), folder, clock });
}

/** Options of `accessByFolder`. */
export interface FolderAccess {
  readonly server: URL;
  /** Folder with the files `token`, `ca.crt` and `namespace`, as in a pod. An empty `ca.crt` means public authorities. */
  readonly folder: string;
  readonly clock: Pick<Clock, "monotonic">;
  /** HTTPS_PROXY and NO_PROXY of the connections. Default: no proxy. */
  readonly proxy?: NodeJS.ProcessEnv | undefined;
}

/** Creates the access with the files of a folder. Follows changes of the token and of the authority within 30 s. */
export function accessByFolder({ server, folder, clock, proxy }: FolderAccess): Access {
  const token = createCachedReader(clock, async () => (await readFile(join(folder, "token"), "utf8")).trim());
  const authority = createCachedReader(clock, () => readFile(join(folder, "ca.crt"), "utf8"));
  let trusted = readFileSync(join(folder, "ca.crt"), "utf8");
  let agent = agentFor(trusted, proxy);
  return {
    server,
    namespace: readFileSync(join(folder, "namespace"), "utf8").trim(),
    get authority() {
      return trusted;
    },
    get agent() {
      return agent;
    },
    async headers() {
      const found = await authority();
      if (found !== trusted) {
        trusted = found;
        agent = agentFor(trusted, proxy); // The requests of the old pool end by themselves.
      }
      return { authorization: `Bearer ${await token()}` };
    },
  };
}

function agentFor(authority: string, proxy: NodeJS.ProcessEnv | undefined): Agent {
  const own = { ...(authority.trim() !== "" && { ca: authority }), ...(proxy && { proxyEnv: { ...proxy } }) };
  return new Agent({ ...connectionOptions, ...own });
}
