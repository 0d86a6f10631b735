import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn, processesOf } from "./builds.ts";
import { aMachineRoom, hasHosts } from "./hosts.ts";

const broken = '#!/bin/sh\ntest "$1" = --version && exec /usr/bin/c++ --version\necho "cc1plus: broken" >&2\nexit 1\n';
/** Processes that a kill by process group, by session or by environment does not find. */
const flee = `for one in 1 2 3; do env -i PATH="$PATH" setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 8643; done' < /dev/null > /dev/null 2>&1 & done
sleep 1
`;

describe.runIf(hasHosts)("faults of machines without pods", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("worn");
  const room = aMachineRoom(cluster, scenario);
  const hosts = [room.host("worn-small", 1), room.host("worn-b", 2)] as const;
  const builds = buildsOn(scenario, hosts);
  const errorsOn = (commit: string) => scenario.statuses(commit).filter((one) => one.startsWith("error"));

  it("leave no process of a build behind", async () => {
    await hosts[0].boot("size=2200m");
    await room.open(hosts);
    const pulls = [];
    for (const word of ["one", "two"])
      pulls.push(await scenario.propose(word, { ...greeting(`Hello, ${word}`), "test/flee.test": flee }));
    for (const { commit } of pulls) await scenario.shows(commit, "success");
    await waitFor("all processes of builds to end", async () => {
      const left = await Promise.all(hosts.map(processesOf));
      return left.every((processes) => processes.length === 0);
    });
  });

  it("of the disk send a build to a larger disk, and the next build starts", async () => {
    const big = { ...greeting("Hello, big"), "test/grow.test": "head -c 1300M /dev/zero > big && rm big\n" };
    const pulls = [await scenario.propose("Grow", big), await scenario.propose("Stay", greeting("Hello, small"))];
    for (const { commit } of pulls) {
      await scenario.shows(commit, "success");
      expect(errorsOn(commit)).toEqual([]);
    }
    for (const host of hosts) await host.is("Ready");
  });

  it("of the compiler redden at most three pull requests, and withdraw them", async () => {
    const [host] = hosts;
    await host.machine().install("c++", broken);
    const pulls = [];
    for (const word of ["three", "four", "five", "six", "seven", "eight"])
      pulls.push(await scenario.propose(word, greeting(`Hello, ${word}`)));
    for (const { commit } of pulls) await scenario.shows(commit, "success");
    expect(pulls.filter(({ commit }) => errorsOn(commit).length > 0).length).toBeLessThanOrEqual(3);
    for (const { number } of pulls) expect((await builds.statusOf(number))?.verdict?.result).toBe("Success");
    await host.machine().uninstall("c++");
    await host.is("Ready");
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
