import { existsSync } from "node:fs";
import { Agent as PlainAgent } from "node:http";
import { Agent, type RequestOptions } from "node:https";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { type Access, connections, readAnew } from "./access.ts";

/**
 * Access by kubeconfig files, of which the first counts where they differ and those that are missing are overlooked while one is there, and
 * a context, the current one when absent, with every way to log in that client-node knows. Throws when a file cannot be read or no server
 * is named. The only importer of client-node, and only when it is called.
 */
export async function accessFromKubeConfig(
  files: string | readonly string[],
  clock: Pick<Clock, "monotonic">,
  context?: string,
): Promise<Access> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const named = [files].flat();
  const there = named.filter((file) => existsSync(file));
  const from = there.length > 0 ? there : named;
  for (const [index, file] of from.entries()) {
    const part = index === 0 ? config : new KubeConfig();
    try {
      part.loadFromFile(file);
    } catch (error) {
      throw new Error(`kubeconfig ${file} cannot be used: ${messageOf(error)}`);
    }
    if (part !== config) config.mergeConfig(part, config.getCurrentContext() !== undefined);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const contexts = config.getContexts().map(({ name }) => name);
    const current = config.getCurrentContext();
    throw new Error(
      `kubeconfig ${from.join(", ")} names no cluster for the context ${JSON.stringify(current ?? "")}; set current-context, or name one of: ${contexts.join(", ") || "none"}`,
    );
  }

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
