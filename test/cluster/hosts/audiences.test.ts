import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestToken } from "../../../src/agent/credential/trade.ts";
import { aHost, createHosts, type Host } from "../support/host.ts";
import { aCluster, type TestCluster } from "../support/installation.ts";
import { type RunningOperator, runOperator } from "../support/operator.ts";
import { until } from "../support/until.ts";

/** The audience of a cluster of GKE. Clusters of AKS have an address too. */
const address = "https://container.googleapis.com/v1/projects/p/locations/europe-west6/clusters/c";

let cluster: TestCluster;
let operators: RunningOperator[] = [];

beforeAll(async () => {
  cluster = await aCluster({ apiAudience: address });
});
afterAll(async () => {
  for (const operator of operators) await operator[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

/** A host in an installation whose chart lists these audiences. */
async function aHostWith(namespace: string, audiences: readonly string[]): Promise<Host> {
  const installation = await cluster.install(namespace, audiences);
  operators = [...operators, runOperator(installation)];
  await createHosts(installation, ["mac-a"]);
  const host = await aHost(installation, "mac-a");
  await until("the rights of the host", async () => (await host.store.list("Builder").catch(() => [])).length > 0);
  return host;
}

describe("a host of a managed cluster, where the audience of the API server is an address", () => {
  it("renews its token when the chart lists the audience", async () => {
    const { client, account } = await aHostWith("listed", [address]);
    const granted = await requestToken(client, { account });
    expect(JSON.parse(Buffer.from(granted.token.split(".")[1] ?? "", "base64url").toString("utf8"))).toMatchObject({
      aud: [address],
    });
  });

  it("is refused with a sentence that names the chart value when it does not", async () => {
    const { client, account } = await aHostWith("unlisted", ["https://kubernetes.default.svc.cluster.local"]);
    const refusal = /if this API server has another audience, add it to the chart value hosts\.apiAudiences/;
    const isRefused = () =>
      requestToken(client, { account }).then(
        () => false,
        (error) => refusal.test(String(error)),
      );
    await until("the policy to refuse it", isRefused);
  });
});
