import { expect } from "vitest";
import type { Build, Claim } from "../../../src/api/objects/build.ts";
import { greeting } from "../../support/up/installation.ts";
import type { Scenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import type { Host } from "./hosts.ts";
import type { Process } from "./machine.ts";

const sleep = "sleep 8642";

/** A build on a host that sleeps until somebody wakes it, also without a network. */
export interface AsleepBuild {
  readonly number: number;
  readonly commit: string;
  readonly claim: Claim;
  readonly host: Host;
  /** The processes of its build. */
  readonly processes: readonly Process[];
  wake(): Promise<void>;
}

/** The builds of a pool with outside hosts. */
export interface HostBuilds {
  /** Status of the Build of a pull request. */
  statusOf(number: number): Promise<Build["status"]>;
  /** Opens a pull request whose build sleeps, and waits until it sleeps. */
  sleeping(title: string): Promise<AsleepBuild>;
  /** Waits until this attempt of a build sleeps. */
  asleep(proposed: { readonly number: number; readonly commit: string }, attempt: number): Promise<AsleepBuild>;
}

export function buildsOn(scenario: Scenario, hosts: readonly Host[]): HostBuilds {
  const builds: HostBuilds = {
    async statusOf(number) {
      return (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number)?.status;
    },
    async sleeping(title) {
      const test = { "test/slept.test": `${sleep} || :\n` };
      return await builds.asleep(await scenario.propose(title, { ...greeting(`Hello, ${title}`), ...test }), 1);
    },
    async asleep(proposed, attempt) {
      const claim = await waitFor(`attempt ${attempt} of #${proposed.number} to run`, async () => {
        const { phase, claim: live } = (await builds.statusOf(proposed.number)) ?? {};
        return phase === "Running" && live?.attempt === attempt && live;
      });
      const host = hosts.find(({ name }) => name === claim.builder) ?? expect.fail(`${claim.builder} is no host`);
      const processes = await waitFor(`the build of #${proposed.number} to sleep`, async () => {
        const own = await processesOf(host);
        return own.some(({ command }) => command === sleep) && own;
      });
      async function wake(): Promise<void> {
        const asleep = (await processesOf(host)).filter(({ command }) => command === sleep);
        await host.machine().signal("KILL", asleep);
      }
      return { ...proposed, claim, host, processes, wake };
    },
  };
  return builds;
}

/** The processes of builds on a host. */
export async function processesOf(host: Host): Promise<readonly Process[]> {
  return (await host.machine().processes()).filter(({ uid }) => uid === host.user);
}
