import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn } from "./builds.ts";
import { aMachineRoom, builderpool, hasHosts } from "./hosts.ts";

describe.runIf(hasHosts)("faults of two hosts without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("faulty");
  const room = aMachineRoom(cluster, scenario);
  const hosts = [room.host("faulty-a", 1), room.host("faulty-b", 2)] as const;
  const builds = buildsOn(scenario, hosts);

  it("join", async () => {
    await room.open(hosts);
  });

  it("keep a build while the network is away, and give the verdict once afterwards", async () => {
    const { number, commit, claim, wake } = await builds.sleeping("Unplugged");
    for (const { machine } of hosts) await machine().cable.pull();
    await wake();
    for (const host of hosts) await host.is("Suspect");
    expect(await builds.statusOf(number)).toMatchObject({ phase: "Running", attempt: 1, claim });
    for (const { machine } of hosts) await machine().cable.plugIn();
    await scenario.shows(commit, "success");
    expect(await builds.statusOf(number)).toMatchObject({ attempt: 1, verdict: { builder: claim.builder } });
    for (const host of hosts) await host.is("Ready");
  });

  it("stop after a revocation, say what to type, and work again after another join", async () => {
    const [kept, revoked] = hosts;
    const before = (await revoked.status())?.incarnation;
    await builderpool(cluster, "revoke", revoked.name);
    await revoked.says(/refuses the credential .* `builderpool join faulty-b -n ci --again`/);
    const { number, commit } = await scenario.propose("Revoked", greeting("Hello, revoked"));
    await scenario.shows(commit, "success");
    expect((await builds.statusOf(number))?.verdict?.builder).toBe(kept.name);
    expect(await revoked.join("--again")).toMatch(/^enrolled again as "faulty-b"/);
    await revoked.is("Ready", before);
  });

  it("build nothing with a broken compiler", async () => {
    const [broken, sound] = hosts;
    const before = (await broken.status())?.incarnation;
    const liar =
      '#!/bin/sh\ntest "$1" = --version && exec /usr/bin/c++ --version\necho "cc1plus: broken" >&2\nexit 1\n';
    await broken.machine().install("c++", liar);
    await broken.machine().signal("KILL", [await broken.agent()]);
    await waitFor("the next process", async () => (await broken.status())?.incarnation !== before);
    for (const word of ["one", "two"]) {
      const { number, commit } = await scenario.propose(word, greeting(`Hello, ${word}`));
      await scenario.shows(commit, "success");
      expect((await builds.statusOf(number))?.verdict?.builder).toBe(sound.name);
    }
    await waitFor("the reason of the failed warm-up", async () =>
      (await broken.status())?.warmup?.failures?.some((each) => each.includes("cannot compile a small program")),
    );
    await broken.machine().uninstall("c++");
    await broken.is("Ready", before);
  });

  it("are both cut off and told when one has a copy of the other's disk", async () => {
    const [, original] = hosts;
    const before = await original.is("Ready");
    const copy = await original.copy(3);
    await original.says(/--again/);
    await waitFor("the copy to say what to type", async () =>
      (await copy.report(original.name)).troubles.some((each) => each.includes("--again")),
    );
    await waitFor("the cluster to tell", async () =>
      (await original.status())?.message?.includes("Two machines used the account"),
    );
    await copy.cutPower();
    await original.join("--again");
    await original.is("Ready", before.incarnation);
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
