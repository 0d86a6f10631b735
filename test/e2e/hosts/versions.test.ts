import { describe, expect, it } from "vitest";
import { versionEdit } from "../../support/host/versions.ts";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn } from "./builds.ts";
import { aMachineRoom, hasHosts } from "./hosts.ts";

describe.runIf(hasHosts)("updates and credentials of a host", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("renewed");
  const room = aMachineRoom(cluster, scenario);
  const host = room.host("renewed-a", 1);
  const builds = buildsOn(scenario, [host]);
  const versionOf = async () => (await host.status())?.versions?.["builderpool"];

  it("drain, switch to the new version and build with it", async () => {
    await room.open([host]);
    const running = await builds.sleeping("Before");
    expect(await host.update("newer", [versionEdit("0.1.1")])).toContain("passed its self-check");
    await host.is("Draining");
    await running.wake();
    await scenario.shows(running.commit, "success");
    await host.is("Ready", running.claim.incarnation);
    expect(await versionOf()).toBe("0.1.1");
    expect(await builds.statusOf(running.number)).toMatchObject({ attempt: 1 });
    // A version on trial is no version to go back to.
    await waitFor("the end of the trial", async () =>
      (await host.machine().log(host.name)).includes("the update works"),
    );
  });

  it("go back to the version before when the new one cannot start, and say so", async () => {
    const before = (await host.status())?.incarnation;
    const fault = "async function runAgent() { throw new Error('a fault of this version'); }\nasync function former(";
    await host.update("faulty", [versionEdit("0.1.2"), [/async function runAgent\(/g, fault]]);
    await host.is("Ready", before);
    expect(await versionOf()).toBe("0.1.1");
    await host.says(/0\.1\.2/);
    const { commit } = await scenario.propose("Back", greeting("Hello, back"));
    await scenario.shows(commit, "success");
  });

  it("survive the deletion of the account by hand", async () => {
    const before = (await host.status())?.incarnation;
    await scenario.kubectl("delete", "serviceaccount", `${host.name}.${scenario.pool}.host`);
    await host.says(/--again/);
    await host.join("--again");
    await host.is("Ready", before);
  });

  it("survive a pool that is deleted and created again", async () => {
    const pool = await scenario.kubectl("get", "builderpool", scenario.pool, "-o", "json");
    const { apiVersion, kind, metadata, spec } = JSON.parse(pool);
    await scenario.kubectl("delete", "builderpool", scenario.pool, "--wait=true", "--timeout=120s");
    await scenario.apply({ apiVersion, kind, metadata: { name: metadata.name }, spec });
    await host.says(/--again|builderpool join/);
    await host.join("--again");
    await host.is("Ready");
    const { commit } = await scenario.propose("Created again", greeting("Hello, again"));
    await scenario.shows(commit, "success");
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
