import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poolLabel } from "../../../src/api/objects/group.ts";
import { watchPods } from "../../../src/operator/cluster/pods.ts";
import type { KubernetesClient } from "../../../src/store/kubernetes/client.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aCluster, type TestCluster } from "../support/installation.ts";
import { pods as resource } from "../support/players.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const o20 = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "o2-0", labels: { [poolLabel]: "o2" }, finalizers: ["example.org/stay"] },
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "builder",
        image: "builder:1",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
    nodeName: "node-0",
  },
};

/** The client with watches that deliver nothing after `pauseWatches`. Their connections stay open. */
function pausable(client: KubernetesClient) {
  let delivery = Promise.resolve();
  return {
    pauseWatches() {
      delivery = new Promise(() => {});
    },
    client: {
      ...client,
      async *watch(...args: Parameters<KubernetesClient["watch"]>) {
        for await (const change of client.watch(...args)) {
          await delivery;
          yield change;
        }
      },
    } satisfies KubernetesClient,
  };
}

describe("a pod after its delete by the operator", () => {
  it("is terminating at once, also with a late watch, and is not deleted twice", async () => {
    const { admin } = await cluster.install("ended");
    const end = new AbortController();
    const { client, pauseWatches } = pausable(admin.client);
    const pods = watchPods({ client, clock, log: createLog({ level: "silent" }), signal: end.signal }, () => {});
    await pods.synced;
    const { metadata } = await admin.client.create(resource, o20);
    await expect.poll(() => pods.observe("o2", new Set())).toMatchObject([{ name: "o2-0", terminating: false }]);
    pauseWatches();
    await pods.delete("o2-0", metadata.uid ?? "", 60_000);
    expect(await pods.observe("o2", new Set())).toMatchObject([{ name: "o2-0", terminating: true }]);
    end.abort();
  });
});
