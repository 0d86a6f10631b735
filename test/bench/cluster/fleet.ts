import { spawn } from "node:child_process";
import { join } from "node:path";
import pLimit from "p-limit";
import { stringify } from "yaml";
import { createSecret } from "../../cluster/support/github.ts";
import { aCluster, type Installation, type TestCluster } from "../../cluster/support/installation.ts";
import { aPool } from "../../cluster/support/pools.ts";
import { until } from "../../cluster/support/until.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { type StandIn, startStandIn } from "../../support/github/standIn.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";

/** 1,000 builders and 5,000 pull requests in 16 pools. The last pool is small and has complete builders. */
const builders = Number(process.env["BUILDERS"] ?? 1000);
export const size = { builders, builds: builders * 5, whole: { builders: 8, builds: 35 } };
export const whole = "whole";
export const pools = [
  ...Array.from({ length: 15 }, (_, index) => ({
    name: `pool-${index}`,
    builders: share(size.builders - size.whole.builders, index),
    builds: share(size.builds - size.whole.builds, index),
  })),
  { name: whole, ...size.whole },
];
/** The service account of the program that simulates builders. */
const account = "players";

export interface Fleet {
  readonly cluster: TestCluster;
  readonly place: Installation;
  readonly github: StandIn;
}

/** Part `index` of an amount in 15 parts. */
function share(amount: number, index: number): number {
  return Math.floor((amount * (index + 1)) / 15) - Math.floor((amount * index) / 15);
}

export async function aFleet(): Promise<Fleet> {
  const cluster = await aCluster({ kwok: true, audit: true });
  await kubectl(
    cluster.plane.kubeconfig,
    ["create", "-f", "-"],
    Array.from({ length: 16 }, (_, index) => node(index)).join("---\n"),
  );
  const github = await startStandIn();
  for (const { name, builds } of pools) {
    await github.state.createRepository({ repository: `alice/${name}` });
    for (let number = 1; number <= builds; number += 1)
      await github.state.openPullRequest({
        repository: `alice/${name}`,
        number,
        title: `Correct line ${number}`,
      });
  }
  return { cluster, place: await aPlace(cluster, "fleet", github), github };
}

/** A namespace with the operator's roles, its Secret, and an account for the simulated builders. */
export async function aPlace(cluster: TestCluster, namespace: string, github: StandIn): Promise<Installation> {
  const place = await cluster.install(namespace);
  await createSecret(place, "github", { token: github.token }, consentTo("github", github.apiUrl));
  const { kubeconfig } = cluster.plane;
  await kubectl(kubeconfig, ["-n", namespace, "create", "serviceaccount", account]);
  const subject = `--serviceaccount=${namespace}:${account}`;
  await kubectl(kubeconfig, [
    "create",
    "clusterrolebinding",
    `${namespace}-players`,
    "--clusterrole=cluster-admin",
    subject,
  ]);
  return place;
}

/** Creates the pools. All are silent except the small pool. */
export async function createPools({ admin }: Installation, github: StandIn): Promise<void> {
  const limit = pLimit(4);
  const create = ({ name, builders }: (typeof pools)[number]) =>
    admin.store.create(
      "BuilderPool",
      aPool(name, {
        repository: `alice/${name}`,
        instances: builders,
        silent: name !== whole,
        recheck: { maxShare: 0 },
        developmentPackages: [{ repository: `alice/${name}` }, { repository: "alisw/alidist" }],
        github: { apiUrl: github.apiUrl, secretRef: { name: "github" } },
      }),
    );
  await Promise.all(pools.map((pool) => limit(() => create(pool))));
}

/** Starts a process that simulates the builders of the namespace. `end` stops the process. */
export async function startPlayers(place: Installation, folder: string): Promise<{ end(): Promise<void> }> {
  const { kubeconfig } = await place.as(account);
  const program = join(import.meta.dirname, "players.ts");
  const child = spawn(process.execPath, [program, kubeconfig, place.namespace, whole, folder], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    async end() {
      child.stdin?.end();
      await ended;
    },
  };
}

/** Resolves when each pool's status shows all builders ready at its revision. */
export async function areReady(
  { admin }: Installation,
  names = pools.map(({ name }) => name),
  limitMs = 1_800_000,
): Promise<void> {
  await until(
    "all builders to be ready",
    async () => {
      const all = await admin.store.list("BuilderPool");
      const cold = all.filter(({ metadata, spec, status }) => {
        const isWhole = status?.ready === spec.instances && status.updated === spec.instances;
        return names.includes(metadata.name) && !(isWhole && status.observedGeneration === metadata.generation);
      });
      if (cold.length === 0) return true;
      throw new Error(cold.map(({ metadata, status }) => `${metadata.name} ${status?.ready}`).join());
    },
    limitMs,
  );
}

function node(index: number): string {
  const name = `node-${index}`;
  return stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, annotations: { "kwok.x-k8s.io/node": "fake" }, labels: { "kubernetes.io/hostname": name } },
  });
}
