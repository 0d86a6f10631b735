import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { buildsOn, processesOf } from "./builds.ts";
import { aMachineRoom, builderpool, hasHosts } from "./hosts.ts";

describe.runIf(hasHosts)("a pool of two hosts without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("alone");
  const room = aMachineRoom(cluster, scenario);
  const hosts = [room.host("alone-a", 1), room.host("alone-b", 2)] as const;
  const builds = buildsOn(scenario, hosts);

  it("joins with one line for each host, and gives right verdicts", async () => {
    await room.open(hosts);
    const [good, bad] = [
      await scenario.propose("Greet", greeting("Hello, hosts")),
      await scenario.propose("Break", { "src/greeting.cxx": "const char* greeting() { return 1 2; }\n" }),
    ];
    await scenario.shows(good.commit, "success");
    await scenario.shows(bad.commit, /^error src\/greeting\.cxx:1:\d+: error: /);
    expect(await builds.statusOf(good.number)).toMatchObject({
      attempt: 1,
      verdict: { builder: expect.stringMatching(/^alone-[ab]$/), log: { stored: true } },
    });
    expect(await scenario.kubectl("get", "statefulsets,pods", "-l", "ci.alice.cern.ch/pool=alone", "-o", "name")).toBe(
      "",
    );
  });

  it("builds again after `kill -9` of the agent, and no process of the killed build lives on", async () => {
    const killed = await builds.sleeping("Killed");
    const { host, claim, processes } = killed;
    await host.machine().signal("KILL", [await host.agent()]);
    await host.is("Ready", claim.incarnation);
    const pids = new Set(processes.map(({ pid }) => pid));
    expect((await processesOf(host)).filter(({ pid }) => pids.has(pid))).toEqual([]);
    await (await builds.asleep(killed, 2)).wake();
    await scenario.shows(killed.commit, "success");
    expect(await builds.statusOf(killed.number)).toMatchObject({ attempt: 2, verdict: { attempt: 2 } });
  });

  it("restarts a host from the cluster after its build", async () => {
    await scenario.ready(2);
    const { commit, claim, host, wake } = await builds.sleeping("Drained");
    await builderpool(cluster, "restart", host.name);
    await host.is("Draining");
    await wake();
    await scenario.shows(commit, "success");
    await host.is("Ready", claim.incarnation);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
