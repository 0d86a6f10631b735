import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { type AsleepBuild, buildsOn, processesOf } from "./builds.ts";
import { aMachineRoom, type Host, hasPatience } from "./hosts.ts";

describe.runIf(hasPatience)("outages of hosts without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("outage");
  const room = aMachineRoom(cluster, scenario);
  const hosts = ["a", "b", "c"].map((letter, number) => room.host(`outage-${letter}`, number + 1));
  const off = room.host("outage-d", 4);
  const builds = buildsOn(scenario, [...hosts, off]);
  const phasesOf = async (name: string) => {
    const all = (await scenario.writes()).flatMap(({ kind, object }) =>
      kind === "Builder" && object.metadata.name === name && object.status !== undefined ? [object.status.phase] : [],
    );
    return all.filter((phase, at) => phase !== all[at - 1]);
  };
  /** Whether no process of this attempt lives. */
  async function isDead({ host, processes }: AsleepBuild): Promise<boolean> {
    const pids = new Set(processes.map(({ pid }) => pid));
    return (await processesOf(host)).every(({ pid }) => !pids.has(pid));
  }
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

  it("beyond 930 s move the builds to other hosts, and the late hosts give no verdict", async () => {
    await switchOff(off);
    await off.is("Suspect");
    const stopped = await builds.sleeping("Stopped for long");
    const agent = await stopped.host.agent();
    await stopped.host.machine().signal("STOP", [agent]);
    const cut = await builds.sleeping("Unplugged for long");
    await cut.host.machine().cable.pull();

    await waitFor("the host without a network to kill its build", () => isDead(cut), 1_000_000);
    expect(await builds.statusOf(cut.number)).toMatchObject({ phase: "Running", attempt: 1, claim: cut.claim });
    const again = await builds.asleep(stopped, 2);
    expect([stopped.host.name, cut.host.name]).not.toContain(again.claim.builder);
    await stopped.host.machine().signal("CONT", [agent]);
    await waitFor("the late host to kill its build", () => isDead(stopped));
    await again.wake();
    await scenario.shows(stopped.commit, "success");
    expect(await builds.statusOf(stopped.number)).toMatchObject({ attempt: 2, verdict: { attempt: 2 } });

    await cut.host.machine().cable.plugIn();
    const last = await builds.asleep(cut, 2);
    await last.wake();
    await scenario.shows(cut.commit, "success");
    expect(await builds.statusOf(cut.number)).toMatchObject({ attempt: 2, verdict: { attempt: 2 } });
    for (const { host } of [stopped, cut]) await host.is("Ready");
  }, 1_800_000);

  it("beyond the lifetime of the credential end with another join", async () => {
    const before = (await off.status())?.incarnation;
    await off.reboot();
    await off.says(/refuses the credential .* `builderpool join outage-d -n ci --again`/);
    expect(await off.join("--again")).toMatch(/^enrolled again as "outage-d"/);
    await off.is("Ready", before);
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
