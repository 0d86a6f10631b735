import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { aMachineRoom, builderpool, hasHosts } from "./hosts.ts";

describe.runIf(hasHosts)("a host beside the pods of its pool", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("beside");
  const room = aMachineRoom(cluster, scenario);
  const host = room.host("beside-mac", 1);
  const holderOf = async (number: number) => (await scenario.holder(number)).claim;
  const conditionOf = async (type: string) => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    const pool = pools.find(({ metadata }) => metadata.name === "beside");
    return pool?.status?.conditions?.find((one) => one.type === type)?.status;
  };

  it("shares the pull requests with them", async () => {
    await room.open([host], { instances: 1, image: cluster.images.cell });
    const pulls = [await scenario.hold("One"), await scenario.hold("Two")];
    const claims = await Promise.all(pulls.map(({ number }) => holderOf(number)));
    expect(claims.map(({ builder }) => builder).sort()).toEqual(["beside-0", "beside-mac"]);
    for (const { commit, release } of pulls) {
      release();
      await scenario.shows(commit, "success");
    }
  });

  it("keeps its build while the pods scale up and down", async () => {
    await builderpool(cluster, "drain", "beside-0");
    await waitFor("the pod to drain", async () => (await scenario.builder(0))?.status?.phase === "Drained");
    const held = await scenario.hold("Held by the host");
    const claim = await holderOf(held.number);
    expect(claim.builder).toBe("beside-mac");
    await builderpool(cluster, "drain", "beside-0", "--undo");
    await scenario.kubectl("scale", "builderpool", "beside", "--replicas=2");
    await scenario.ready(3);
    await scenario.kubectl("scale", "builderpool", "beside", "--replicas=1");
    await scenario.ready(2);
    expect(await holderOf(held.number)).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
  });

  it("is not missed while a person drains it, and builds again afterwards", async () => {
    await builderpool(cluster, "drain", host.name);
    await host.is("Drained");
    const { commit, number } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status?.verdict?.builder).toBe("beside-0");
    await waitFor("the pool to be available", async () => (await conditionOf("Available")) === "True");
    await builderpool(cluster, "drain", host.name, "--undo");
    await host.is("Ready");
  });

  it("drains when its name leaves the pool, and the pods build on", async () => {
    await scenario.declare({ instances: 1, partition: { patience: "1s" }, recheck: { maxShare: 0 } });
    await waitFor("the Builder to be deleted", async () => {
      const found = await scenario.kubectl("get", "builder", host.name, "--ignore-not-found", "-o", "name");
      return found === "";
    });
    await scenario.ready(1);
    const { commit } = await scenario.propose("Alone", greeting("Hello, alone"));
    await scenario.shows(commit, "success");
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
