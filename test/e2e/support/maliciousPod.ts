import { randomBytes } from "node:crypto";
import type { Builder } from "../../../src/api/objects/builder.ts";
import { poolLabel } from "../../../src/api/objects/group.ts";
import type { Ground } from "../../malicious/attack.ts";
import { inspection } from "../../malicious/inspection.ts";
import { anInbox } from "../../malicious/places/inbox.ts";
import { type Place, type Pull, until } from "../../malicious/places/place.ts";
import { poolOfTrial } from "../../malicious/pullRequest.ts";
import { hello } from "../../support/up/installation.ts";
import type { E2ECluster } from "./cluster.ts";
import type { Scenario } from "./scenario.ts";

/** Seconds in which the builder must be ready. */
const readyLimit = 300;

const ground: Ground = {
  reports: "/reports",
  guard: "[ -d /capsule ] && [ -f /reports/run ] && [ -d /data/base ] || exit 1",
  folders: "sandbox=/data work=/data tools=/data/tools",
};

/** Declares a pool with one builder in a pod. The programs that report are files of a ConfigMap. */
export async function aPod(cluster: E2ECluster, scenario: Scenario, name: string): Promise<Place> {
  const { github, kubectl } = scenario;
  const builder = `${name}-0`;
  const run = randomBytes(6).toString("hex");
  const inbox = await anInbox(cluster.hostAddress ?? "");
  const pulls: Pull[] = [];
  const processOf = async (): Promise<Builder["status"]> =>
    JSON.parse((await kubectl("get", "builder", builder, "--ignore-not-found", "-o", "json")) || "{}").status;
  const isReady = async () => (await processOf())?.phase === "Ready";
  const pushBase: Place["pushBase"] = async (files) =>
    void (await github().state.pushBranch({ repository: hello, files, message: "Change the base" }));

  async function close(): Promise<void> {
    for (const pull of pulls) github().state.close(pull);
    await kubectl("delete", "builderpool", name, "--ignore-not-found", "--wait=true", "--timeout=180s");
    await kubectl("delete", "configmap", name, "--ignore-not-found");
    await kubectl("delete", "persistentvolumeclaim", `data-${builder}`, "--ignore-not-found", "--wait=false");
    inbox.close();
  }

  try {
    await scenario.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { run, ...inbox.programs },
    });
    await pushBase({ "test/inspect.test": inspection(ground) });
    const volumes = [{ name: "reports", configMap: { name, defaultMode: 0o555 } }];
    const volumeMounts = [{ name: "reports", mountPath: ground.reports }];
    await scenario.declare({ ...poolOfTrial, template: { volumes, volumeMounts } }, name);
    if (!(await until(isReady, readyLimit)))
      throw new Error(`${builder} is not ready within ${readyLimit} s: ${(await processOf())?.message}`);
    return {
      ...{ ground, run, pushBase, close },
      lines: inbox.lines,
      async propose(title, { repository, files }) {
        const { number } = await scenario.propose(title, files, { repository });
        pulls.push({ repository, number });
        return { repository, number };
      },
      builds: async () =>
        JSON.parse(await kubectl("get", "builds", `--selector=${poolLabel}=${name}`, "-o", "json")).items,
      writes: async () => (await scenario.writes()).filter(({ object }) => object.spec.pool === name),
      async restart(seconds) {
        const before = (await processOf())?.incarnation;
        await kubectl("delete", "pod", builder, "--wait=false");
        return until(async () => (await isReady()) && (await processOf())?.incarnation !== before, seconds);
      },
      isOver: () => false,
      modes: () => "",
      async remarks() {
        const one = async (container: string) =>
          `${container}:\n${await kubectl("logs", builder, "-c", container, "--tail=30").catch(String)}`;
        return (await Promise.all(["builder", "cell", "cell-base"].map(one))).join("\n");
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
