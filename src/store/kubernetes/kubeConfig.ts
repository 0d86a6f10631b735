import { existsSync } from "node:fs";
import { Agent as PlainAgent } from "node:http";
import { Agent, type RequestOptions } from "node:https";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { type Access, connectionOptions, createCachedReader } from "./access.ts";

/**
 * Creates the access from kubeconfig files and a context; the current context when absent. If files contradict each
 * other, the first file wins. Missing files are ignored if at least one file exists. Supports every login method of
 * client-node. Throws an Error for people if a file cannot be read or the context names no cluster. The import of
 * client-node is dynamic and happens only here, because that library is slow to load.
 */
export async function accessFromKubeConfig(
  files: string | readonly string[],
  clock: Pick<Clock, "monotonic">,
  context?: string,
): Promise<Access> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const named = [files].flat();
  const existing = named.filter((file) => existsSync(file));
  const from = existing.length > 0 ? existing : named;
  for (const [index, file] of from.entries()) {
    const part = index === 0 ? config : new KubeConfig();
    try {
      part.loadFromFile(file);
    } catch (error) {
      throw new Error(`kubeconfig ${file} cannot be read: ${messageOf(error)}`);
    }
    if (part !== config) config.mergeConfig(part, config.getCurrentContext() !== undefined);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const contexts = config.getContexts().map(({ name }) => name);
    const current = config.getCurrentContext();
    throw new Error(
      `kubeconfig ${from.join(", ")} names no cluster for the context ${JSON.stringify(current ?? "")}; set current-context, or select one of these contexts: ${contexts.join(", ") || "none"}`,
    );
  }

  const options = createCachedReader(clock, async () => {
    const filled: RequestOptions = {};
    await config.applyToHTTPSOptions(filled);
    return filled;
  });
  const { ca, cert, key, servername, rejectUnauthorized, agent: proxy } = await options();
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
  );
  const server = new URL(cluster.server);
  const direct =
    server.protocol === "http:" ? new PlainAgent(connectionOptions) : new Agent({ ...connectionOptions, ...tls });
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    authority: rejectUnauthorized === false ? undefined : [ca ?? []].flat().map(String).join("\n"),
    agent: cluster.proxyUrl !== undefined && proxy instanceof PlainAgent ? proxy : direct,
    async headers() {
      const { headers } = await options();
      return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
    },
  };
}
