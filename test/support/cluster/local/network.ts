import { execa } from "execa";
import type { Cable } from "../provider.ts";
import type { Layout } from "./layout.ts";

/**
 * Address of the bridge on its network. Without one the bridge takes that of a port, so a machine that leaves would
 * change it, and nobody reaches the node for half a minute.
 */
const bridgeAddress = "02:00:0a:c8:00:02";

/** Creates a network namespace with a bridge, a veth pair to the machine, and routes to pods and services. */
export async function createNetwork(layout: Layout): Promise<void> {
  const { name, bridge, hostEnd, clusterEnd, hostAddress, nodeAddress, pods, services } = layout;
  const inside = (...args: string[]) => execa("ip", ["-n", name, ...args]);
  const outside = (...args: string[]) => execa("ip", args);
  await outside("netns", "add", name);
  await inside("link", "set", "lo", "up");
  await inside("link", "add", bridge, "address", bridgeAddress, "type", "bridge");
  await inside("address", "add", `${nodeAddress}/24`, "dev", bridge);
  await inside("link", "set", bridge, "up");
  await outside("link", "add", hostEnd, "type", "veth", "peer", "name", clusterEnd, "netns", name);
  await outside("address", "add", `${hostAddress}/24`, "dev", hostEnd);
  await outside("link", "set", hostEnd, "up");
  await inside("link", "set", clusterEnd, "master", bridge, "up");
  // The API server needs a default route to find its address.
  await inside("route", "add", "default", "via", hostAddress);
  for (const range of [pods, services]) await outside("route", "add", range, "via", nodeAddress);
}

/** Deletes all existing parts of the network. The routes disappear with the veth pair. */
export async function deleteNetwork({ name, hostEnd }: Layout): Promise<void> {
  await execa("ip", ["link", "delete", hostEnd], { reject: false });
  await execa("ip", ["netns", "delete", name], { reject: false });
  const { stdout } = await execa("ip", ["-o", "netns", "list"], { reject: false });
  for (const [machine = ""] of stdout.split("\n").map((line) => line.split(" ")))
    if (machine.startsWith(machinesOf(name))) await execa("ip", ["netns", "delete", machine], { reject: false });
}

function machinesOf(cluster: string): string {
  return `${cluster}-machine-`;
}

/** Connects a machine beside the node with the bridge of the cluster. Replaces an earlier machine with this number. */
export async function connectMachine(layout: Layout, number: number): Promise<Cable> {
  const { name, bridge, hostAddress, nodeAddress } = layout;
  const [machine, plug] = [`${machinesOf(name)}${number}`, `bp-machine-${number}`];
  const ip = (...args: string[]) => execa("ip", args);
  const remove = () => execa("ip", ["netns", "delete", machine], { reject: false });
  await remove();
  await execa("ip", ["-n", name, "link", "delete", plug], { reject: false }); // The kernel deletes it a moment later.
  await ip("netns", "add", machine);
  await ip("-n", machine, "link", "set", "lo", "up");
  await ip("-n", name, "link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", machine);
  await ip("-n", name, "link", "set", plug, "master", bridge, "up");
  await ip("-n", machine, "address", "add", `${hostAddress.replace(/1$/, `${100 + number}`)}/24`, "dev", "eth0");
  await ip("-n", machine, "link", "set", "eth0", "up");
  await ip("-n", machine, "route", "add", "default", "via", nodeAddress);
  return {
    network: `/run/netns/${machine}`,
    nameServer: nodeAddress,
    pull: async () => void (await ip("-n", name, "link", "set", plug, "down")),
    plugIn: async () => void (await ip("-n", name, "link", "set", plug, "up")),
    remove: async () => void (await remove()),
  };
}
