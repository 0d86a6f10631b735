import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn, processesOf } from "./builds.ts";
import { aMachineRoom, builderpool, hasHosts } from "./hosts.ts";

/** A compiler that needs some seconds, so that a warm-up lasts. */
const slow = '#!/bin/sh\ntest "$1" = --version || sleep 8\nexec /usr/bin/c++ "$@"\n';

describe.runIf(hasHosts)("crashes of two hosts without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("crash");
  const room = aMachineRoom(cluster, scenario);
  const hosts = [room.host("crash-a", 1), room.host("crash-b", 2)] as const;
  const builds = buildsOn(scenario, hosts);

  it("in a warm-up leave no host half warm", async () => {
    await room.open(hosts);
    const [host] = hosts;
    await host.machine().install("c++", slow);
    const first = (await host.status())?.incarnation;
    await host.machine().signal("KILL", [await host.agent()]);
    const warming = await host.is("Warming", first);
    await host.machine().signal("KILL", [await host.agent()]);
    await host.machine().uninstall("c++");
    const ready = await host.is("Ready", warming.incarnation);
    expect(ready.warm?.incarnation).toBe(ready.incarnation);
  });

  it("are forgotten after a verdict", async () => {
    const [host, other] = hosts;
    await builderpool(cluster, "drain", other.name);
    await other.is("Drained");
    const { commit } = await scenario.propose("Forgive", greeting("Hello, forgiven"));
    await scenario.shows(commit, "success");
    expect((await host.status())?.crashes).toBeUndefined();
    await builderpool(cluster, "drain", other.name, "--undo");
    await other.is("Ready");
  });

  it("of the whole machine give its build to the other host, once", async () => {
    await scenario.ready(2);
    const lost = await builds.sleeping("Powerless");
    await lost.host.machine().cutPower();
    await lost.host.reboot();
    const again = await builds.asleep(lost, 2);
    expect((await processesOf(lost.host)).filter(({ command }) => command === "sleep 8642")).toHaveLength(
      again.host === lost.host ? 1 : 0,
    );
    await again.wake();
    await scenario.shows(lost.commit, "success");
    expect(await builds.statusOf(lost.number)).toMatchObject({ attempt: 2, verdict: { attempt: 2 } });
    await lost.host.is("Ready", lost.claim.incarnation);
  });

  it("of the agent, again and again, end in its quarantine and not in red checks", async () => {
    await scenario.ready(2);
    const [host] = hosts;
    for (let crashes = 1; crashes <= 3; crashes += 1) {
      const before = (await host.status())?.incarnation;
      await host.machine().signal("KILL", [await host.agent()]);
      await waitFor(`the next process after crash ${crashes}`, async () => {
        const status = await host.status();
        return status?.incarnation !== before && (status?.crashes ?? 0) >= 1;
      });
    }
    expect((await host.is("Quarantined")).message).toMatch(/times/);
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
