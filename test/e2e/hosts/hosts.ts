import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { agentBundle } from "../../../scripts/build/agent.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import { chooseProvider } from "../../support/cluster/choose.ts";
import { downloadWheels } from "../../support/cluster/images/cell.ts";
import { bundlesIn, type Edit } from "../../support/host/versions.ts";
import { program } from "../../support/up/installation.ts";
import type { E2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import type { Scenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { copyDisk, type Machine, type Process, type Shared, startMachine, writeDisk } from "./machine.ts";

const { connect } = await chooseProvider(process.env);
/** Whether this machine can put hosts into the network of the cluster. */
export const hasHosts = connect !== undefined && process.getuid?.() === 0;
/** Whether the scenario with outages of 16 minutes runs too. */
export const hasPatience = hasHosts && process.env["E2E_HOSTS"] === "1";

/** An outside host of a scenario. Its number tells its address, its users and its machine id. */
export interface Host {
  readonly name: string;
  /** User of its builds. */
  readonly user: number;
  readonly machine: () => Machine;
  hasBooted(): boolean;
  /** Boots the machine with an empty disk. With a volume, its builds have a tmpfs with these mount options. */
  boot(volume?: string): Promise<void>;
  /** Boots the machine with its disk after a power cut. */
  reboot(): Promise<void>;
  /** `builderpool join NAME | builderpool agent enrol -`. Returns what `enrol` printed. */
  join(...options: readonly string[]): Promise<string>;
  /** The process of the agent. */
  agent(): Promise<Process>;
  /** The present status of its Builder. */
  status(): Promise<Builder["status"]>;
  /** Waits until the Builder has this phase, in another process than `before`. */
  is(phase: string, before?: string): Promise<NonNullable<Builder["status"]>>;
  /** Waits until the agent tells people of its machine a sentence like this. */
  says(sentence: RegExp): Promise<string>;
  /** `builderpool agent update` with a changed bundle. Returns what it printed. */
  update(version: string, edits: readonly Edit[]): Promise<string>;
  /** Boots another machine with a copy of the disk. */
  copy(number: number): Promise<Machine>;
}

/** The machines of a scenario. */
export interface MachineRoom {
  /** A machine that has not booted. */
  host(name: string, number: number): Host;
  /**
   * Declares the pool with these hosts, boots those that have not booted, and waits until all have joined. Without
   * `instances` and `image` in the fields of the spec, the pool has no pods.
   */
  open(hosts: readonly Host[], spec?: object): Promise<void>;
  /** Text of a bundle for hosts with these changes. */
  bundle(name: string, edits: readonly Edit[]): Promise<string>;
}

/** Runs a command of `builderpool` on the machine of a person. */
export async function builderpool({ kubeconfig }: E2ECluster, ...args: readonly string[]): Promise<string> {
  const place = [`--kubeconfig=${kubeconfig}`, `--namespace=${home}`];
  return (await execa(program, [...args, ...place])).stdout;
}

/** Call this in a `describe`, after the scenario. The hosts live until their pool is deleted. */
export function aMachineRoom(cluster: E2ECluster, scenario: Scenario): MachineRoom {
  const running = new Map<number, { readonly name: string; readonly machine: Machine }>();
  let room = "";
  let shared: Shared;
  let writeBundle: Awaited<ReturnType<typeof bundlesIn>>;

  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), "builderpool-hosts-"));
    shared = { bundle: join(room, agentBundle), wheels: join(room, "wheels") };
    [writeBundle] = await Promise.all([bundlesIn(room), downloadWheels(room)]);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    for (const { name, machine } of running.values()) console.error(`${name}:\n${await machine.log(name)}`);
  });
  afterAll(async () => {
    try {
      await deletePool(scenario);
    } finally {
      for (const { machine } of running.values()) await machine.cutPower();
      for (const { machine } of running.values()) await machine.cable.remove();
      await rm(room, { recursive: true, force: true });
    }
  });

  const diskOf = (number: number) => join(room, `disk-${number}`);
  async function start(name: string, number: number, prepare: (nameServer: string) => Promise<void>) {
    if (connect === undefined) throw new Error("this cluster gives hosts no network");
    const cable = await connect(number);
    await prepare(cable.nameServer);
    const machine = await startMachine(name, diskOf(number), cable);
    running.set(number, { name, machine });
    return machine;
  }

  function host(name: string, number: number): Host {
    const present = () => {
      const machine = running.get(number)?.machine;
      if (machine === undefined) throw new Error(`${name} has not booted`);
      return machine;
    };
    const status = async (): Promise<Builder["status"]> =>
      JSON.parse(await scenario.kubectl("get", "builder", name, "-o", "json")).status;
    const user = 63_300 + number;
    return {
      name,
      user,
      machine: present,
      hasBooted: () => running.has(number),
      status,
      async boot(volume) {
        const disk = diskOf(number);
        const write = (nameServer: string) => writeDisk(disk, idOf(number), shared, nameServer, volume);
        const machine = await start(name, number, write);
        // A Mac has no namespaces either.
        await machine.install("unshare", "#!/bin/sh\nexit 1\n");
      },
      async reboot() {
        running.set(number, { name, machine: await startMachine(name, diskOf(number), present().cable) });
      },
      async join(...options) {
        await waitFor(`the account of ${name}`, () => hasAccount(scenario, name));
        const code = await builderpool(cluster, "join", name, ...options);
        const args = ["agent", "enrol", "-", `--cell-user=${user}`, "--work-dir=/mnt"];
        const answer = await present().builderpool(args, code);
        const start = /start the agent yourself: (\S+)$/m.exec(answer)?.[1];
        if (start !== undefined) await present().serve(start);
        return answer;
      },
      agent: () =>
        waitFor(`the agent of ${name}`, async () =>
          (await present().processes()).find(({ command }) => command.includes(`agent.mjs agent run ${name} `)),
        ),
      async is(phase, before) {
        return await waitFor(`${name} to be ${phase}`, async () => {
          const found = await status();
          return found?.phase === phase && found.incarnation !== before && found;
        });
      },
      says: (sentence) =>
        waitFor(`${name} to say ${sentence}`, async () =>
          (await present().report(name)).troubles.find((each) => sentence.test(each)),
        ),
      async update(version, edits) {
        const text = await bundle(version, edits);
        const file = `/usr/local/${version}.mjs`;
        await present().write(file, text);
        const sha256 = createHash("sha256").update(text).digest("hex");
        return present().builderpool(["agent", "update", file, `--sha256=${sha256}`]);
      },
      copy: (other) => start(name, other, () => copyDisk(diskOf(number), diskOf(other), idOf(other))),
    };
  }

  async function open(hosts: readonly Host[], spec: object = {}): Promise<void> {
    const ofHosts = { instances: 0, image: undefined, partition: { patience: "1s" }, recheck: { maxShare: 0 } };
    await scenario.declare({ ...ofHosts, external: { names: hosts.map(({ name }) => name) }, ...spec });
    const join = async (each: Host) => {
      if (!each.hasBooted()) await each.boot();
      expect(await each.join()).toMatch(`enrolled as "${each.name}" of pool "${scenario.pool}"`);
    };
    await Promise.all(hosts.map(join));
    await scenario.ready(hosts.length + ("instances" in spec ? Number(spec.instances) : 0));
  }

  const bundle = async (name: string, edits: readonly Edit[]) => readFile(writeBundle(name, edits), "utf8");
  return { host, open, bundle };
}

function idOf(machine: number): string {
  return String(machine).padStart(32, "0");
}

/** Whether the operator has created the account of a host, and knows the address of the log service. */
async function hasAccount({ kubectl, pool }: Scenario, name: string): Promise<boolean> {
  await kubectl("get", "serviceaccount", `${name}.${pool}.host`);
  return (await kubectl("get", "builderpool", pool, "-o", "jsonpath={.status.hostLogs.url}")) !== "";
}

/**
 * Deletes the pool of a scenario while its hosts live: they drain, and the pool is gone. A dead host would hold the
 * pool and its check for minutes. After a failed scenario the pool then goes without its finalizer.
 */
async function deletePool({ kubectl, pool }: Scenario): Promise<void> {
  const remove = (seconds: number) =>
    kubectl("delete", "builderpool", pool, "--ignore-not-found", `--timeout=${seconds}s`);
  try {
    await remove(90);
  } catch (error) {
    await kubectl("patch", "builderpool", pool, "--type=merge", "--patch", '{"metadata":{"finalizers":null}}');
    await remove(30);
    await waitFor("the Builders to be deleted", async () => {
      const left = await kubectl("get", "builders", `--selector=ci.alice.cern.ch/pool=${pool}`, "-o", "name");
      return left === "";
    });
    throw error;
  }
}
