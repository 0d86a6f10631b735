import { existingProvider } from "./existing.ts";
import { engineAnswers, kindProvider } from "./kind.ts";
import { localProvider } from "./local/local.ts";
import { say } from "./programs/progress.ts";
import type { ClusterProvider } from "./provider.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the provider: CLUSTER_PROVIDER, else the cluster of E2E_KUBECONFIG, else kind if a container engine runs,
 * else this machine itself. Rejects with instructions if no provider works here: tests are never skipped silently.
 */
export async function chooseProvider(env: Environment): Promise<ClusterProvider> {
  const { CLUSTER_PROVIDER: wanted, E2E_KUBECONFIG, CLUSTER_SLOT } = env;
  const provider = await choose(wanted ?? (E2E_KUBECONFIG ? "existing" : undefined), env);
  say(
    `provider ${provider.name}${wanted === undefined ? "" : " (from CLUSTER_PROVIDER)"}${CLUSTER_SLOT ? `, slot ${CLUSTER_SLOT}` : ""}`,
  );
  return provider;
}

async function choose(name: string | undefined, env: Environment): Promise<ClusterProvider> {
  if (name === "existing") {
    const needed = (name: string) => {
      const value = env[`E2E_${name}`];
      if (value) return value;
      throw new Error(`The provider "existing" needs E2E_${name}: see test/support/cluster/README.md`);
    };
    const { E2E_ALLOW_CONTEXT: allowContext, E2E_HOST_ADDRESS: hostAddress } = env;
    const again = { tag: needed("TAG_AGAIN"), cell: needed("CELL_IMAGE_AGAIN") };
    const images = { registry: needed("REGISTRY"), tag: needed("TAG"), cell: needed("CELL_IMAGE"), again };
    return existingProvider({ kubeconfig: needed("KUBECONFIG"), allowContext, hostAddress, images });
  }
  if (name === "kind") return kindProvider();
  if (name === "local") return localProvider(slotOf(env));
  if (name !== undefined) throw new Error(`CLUSTER_PROVIDER must be local, kind or existing, got "${name}"`);
  if (await engineAnswers()) return kindProvider();
  if (process.platform === "linux" && process.getuid?.() === 0) return localProvider(slotOf(env));
  throw new Error(
    "No provider can run a cluster here: start Docker or Podman, or be root on Linux, or set E2E_KUBECONFIG",
  );
}

function slotOf({ CLUSTER_SLOT = "0" }: Environment): number {
  if (!/^[0-9]$/.test(CLUSTER_SLOT)) throw new Error(`CLUSTER_SLOT must be one digit, got "${CLUSTER_SLOT}"`);
  return Number(CLUSTER_SLOT);
}
