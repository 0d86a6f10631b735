import { Agent as PlainAgent } from "node:http";
import { Agent, type RequestOptions } from "node:https";
import type { Clock } from "../../system/clock.ts";
import { type Access, connections, readAnew } from "./access.ts";

/**
 * Access by a kubeconfig file and its current context, with every way to log in that client-node knows. Throws when the file cannot be
 * read or names no server. The only importer of client-node, and only when it is called.
 */
export async function accessFromKubeConfig(file: string, clock: Pick<Clock, "monotonic">): Promise<Access> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(file);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new Error(`kubeconfig ${file}: its current context names no cluster; set current-context`);

  const options = readAnew(clock, async () => {
    const filled: RequestOptions = {};
    await config.applyToHTTPSOptions(filled);
    return filled;
  });
  const { ca, cert, key, servername, rejectUnauthorized, agent: proxy } = await options();
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
  );
  const server = new URL(cluster.server);
  const direct = server.protocol === "http:" ? new PlainAgent(connections) : new Agent({ ...connections, ...tls });
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    agent: cluster.proxyUrl !== undefined && proxy instanceof PlainAgent ? proxy : direct,
    async headers() {
      const { headers } = await options();
      return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
    },
  };
}
