import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn, processesOf } from "./builds.ts";
import { aMachineRoom, type Host, hasMinutes } from "./hosts.ts";

describe.runIf(hasMinutes)("outages of hosts without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("outage");
  const room = aMachineRoom(cluster, scenario);
  const hosts = [room.host("outage-a", 1), room.host("outage-b", 2)] as const;
  const off = room.host("outage-c", 3);
  const builds = buildsOn(scenario, [...hosts, off]);
  const phasesOf = async (name: string) => {
    const all = (await scenario.writes()).flatMap(({ kind, object }) =>
      kind === "Builder" && object.metadata.name === name && object.status !== undefined ? [object.status.phase] : [],
    );
    return all.filter((phase, at) => phase !== all[at - 1]);
  };
  /** Cuts the power of a host whose credential ends in 10 minutes, the shortest lifetime. */
  async function switchOff(host: Host): Promise<void> {
    const token = await scenario.kubectl("create", "token", `${host.name}.${scenario.pool}.host`, "--duration=10m");
    await host.machine().signal("STOP", [await host.agent()]); // It would renew the token.
    await host.machine().write(`/var/lib/builderpool/${host.name}/token`, `${token}\n`);
    await host.machine().cutPower();
  }

  it("go unnoticed when the network is away for 50 s", async () => {
    await room.open([...hosts, off]);
    const { number, commit, claim, host, wake } = await builds.sleeping("Unplugged");
    const before = (await phasesOf(host.name)).length;
    await host.machine().cable.pull();
    await sleep(50_000);
    await host.machine().cable.plugIn();
    await sleep(20_000);
    await wake();
    await scenario.shows(commit, "success");
    expect((await phasesOf(host.name)).slice(before)).not.toContain("Suspect");
    expect(await builds.statusOf(number)).toMatchObject({ attempt: 1, verdict: { builder: claim.builder } });
  });

  it("of the agent alone, stopped beyond 75 s, cost its build nothing", async () => {
    const { number, commit, claim, host, wake } = await builds.sleeping("Stopped");
    const agent = await host.agent();
    await host.machine().signal("STOP", [agent]);
    await host.is("Suspect");
    expect(await builds.statusOf(number)).toMatchObject({ phase: "Running", attempt: 1, claim });
    await host.machine().signal("CONT", [agent]);
    await host.is("Ready");
    await wake();
    await scenario.shows(commit, "success");
    expect(await builds.statusOf(number)).toMatchObject({ attempt: 1, verdict: { builder: claim.builder } });
  });

  it("beyond 930 s move the build to another host, and the late host gives no verdict", async () => {
    await switchOff(off);
    await off.is("Suspect");
    const late = await builds.sleeping("Stopped for long");
    const agent = await late.host.agent();
    await late.host.machine().signal("STOP", [agent]);
    await waitFor(
      "the build to be taken back",
      async () => (await builds.statusOf(late.number))?.attempt === 2,
      1_100_000,
    );
    const again = await builds.asleep(late, 2);
    expect(again.claim.builder).not.toBe(late.claim.builder);
    await late.host.machine().signal("CONT", [agent]);
    await waitFor("the late host to kill its build", async () => {
      const pids = new Set(late.processes.map(({ pid }) => pid));
      return (await processesOf(late.host)).every(({ pid }) => !pids.has(pid));
    });
    await again.wake();
    await scenario.shows(late.commit, "success");
    expect(await builds.statusOf(late.number)).toMatchObject({ attempt: 2, verdict: { builder: again.claim.builder } });
    await late.host.is("Ready");
  }, 1_500_000);

  it("beyond the lifetime of the credential end with another join", async () => {
    const before = (await off.status())?.incarnation;
    await off.reboot();
    await off.says(/refuses the credential .* `builderpool join outage-c -n ci --again`/);
    expect(await off.join("--again")).toMatch(/^enrolled again as "outage-c"/);
    await off.is("Ready", before);
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
