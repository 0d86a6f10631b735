import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OperatorProcess, startBinary } from "../support/binary.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { playBuilders } from "../support/players.ts";
import { aPool, changePool, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function leader({ admin }: Installation): Promise<string | undefined> {
  const lease = await admin.store.get("Lease", "builderpool");
  return lease?.spec.holderIdentity?.split("_")[0] || undefined;
}

const leads = (installation: Installation, name: string) =>
  until(`${name} to lead`, async () => (await leader(installation)) === name);

const metricsOf = async (operator: OperatorProcess) => (await operator.get("/metrics")).text;

describe("two operators", () => {
  it("have one leader, and the other takes over after its death", async () => {
    const installation = await cluster.install("takeover");
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await using first = await startBinary(installation, "operator-a");
    await leads(installation, "operator-a");
    await using second = await startBinary(installation, "operator-b");
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    await until("both to be ready", async () => {
      const ready = await Promise.all([first, second].map(async (one) => (await one.get("/readyz")).status));
      return ready.every((status) => status === 200);
    });
    expect((await first.get("/livez")).status).toBe(200);
    expect(await metricsOf(first)).toContain('builderpool_builders{pool="o2",phase="Ready"} 2');
    expect(await metricsOf(second)).toBe("");

    first.kill("SIGKILL");
    await leads(installation, "operator-b");
    await changePool(installation, "o2", { instances: 3 });
    await settled(installation, "o2", 3);
    expect(await metricsOf(second)).toContain('builderpool_builders{pool="o2",phase="Ready"} 3');
  });

  it("change leaders when the leader freezes, and the old leader follows after its wake-up", async () => {
    const installation = await cluster.install("frozen");
    await using first = await startBinary(installation, "operator-a");
    await leads(installation, "operator-a");
    await using second = await startBinary(installation, "operator-b");
    first.kill("SIGSTOP");
    await leads(installation, "operator-b");
    first.kill("SIGCONT");
    await until("the first operator to lose the leadership", async () => (await metricsOf(first)) === "");
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 1 }));
    await until("the second to be at work", async () =>
      (await metricsOf(second)).includes("builderpool_pool_condition"),
    );
    expect(await leader(installation)).toBe("operator-b");
  });
});

describe("an operator", () => {
  it("releases its Lease on SIGTERM, and exits with 0", async () => {
    const installation = await cluster.install("sigterm");
    await using first = await startBinary(installation, "operator-a");
    await leads(installation, "operator-a");
    first.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    expect(await leader(installation)).toBeUndefined();
  });

  it("exits with 64 and names the errors of its environment", async () => {
    const installation = await cluster.install("wrong");
    await expect(
      startBinary(installation, "operator-a", { BUILDERPOOL_LOGS_URL: "nowhere" }).then(
        async (started) => `${await started.exited} ${started.lines.join("\n")}`,
      ),
    ).resolves.toMatch(/^64 .*BUILDERPOOL_LOGS_URL/s);
  });
});
