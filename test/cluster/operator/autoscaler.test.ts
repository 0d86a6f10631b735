import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiVersion } from "../../../src/api/objects/group.ts";
import type { Resource } from "../../../src/store/kubernetes/client.ts";
import { aCluster, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders } from "../support/players.ts";
import { aPool, podsOf, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

const autoscalers: Resource = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
};

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("a Kubernetes autoscaler", () => {
  it("scales a pool like a Deployment, and finds its builders by the pool's selector", async () => {
    const installation = await cluster.install("autoscaled");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 1 }));
    await settled(installation, "o2", 1);
    const before = await podsOf(installation, "o2");
    await admin.client.create(autoscalers, {
      apiVersion: autoscalers.apiVersion,
      kind: autoscalers.kind,
      metadata: { name: "o2" },
      spec: {
        scaleTargetRef: { apiVersion, kind: "BuilderPool", name: "o2" },
        minReplicas: 3,
        maxReplicas: 12,
        metrics: [
          {
            type: "External",
            external: {
              metric: { name: "builderpool_builds", selector: { matchLabels: { pool: "o2", state: "waiting" } } },
              target: { type: "AverageValue", averageValue: "2" },
            },
          },
        ],
      },
    });
    await settled(installation, "o2", 3);
    expect((await podsOf(installation, "o2")).get("o2-0")).toBe(before.get("o2-0"));

    const conditions = async () => {
      const { status } = (await admin.client.get(autoscalers, "o2")) as unknown as {
        readonly status?: { readonly currentReplicas?: number; readonly conditions?: readonly Condition[] };
      };
      const found = new Map(status?.conditions?.map((one) => [one.type, one] as const));
      return status?.currentReplicas === 3 && found.has("ScalingActive") ? found : undefined;
    };
    const found = await until("the autoscaler to count three builders", conditions);
    expect(found.get("AbleToScale")?.status).toBe("True");
    // No metrics server runs here. The autoscaler refuses a pool without a selector before it requests metrics.
    expect(found.get("ScalingActive")?.reason).toBe("FailedGetExternalMetric");
  });
});
