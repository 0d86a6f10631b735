import { execa } from "execa";
import type { Layout } from "./layout.ts";

/** Creates a network namespace with a bridge, a veth pair to the machine, and routes to pods and services. */
export async function createNetwork(layout: Layout): Promise<void> {
  const { name, bridge, hostEnd, clusterEnd, hostAddress, nodeAddress, pods, services } = layout;
  const inside = (...args: string[]) => execa("ip", ["-n", name, ...args]);
  const outside = (...args: string[]) => execa("ip", args);
  await outside("netns", "add", name);
  await inside("link", "set", "lo", "up");
  await inside("link", "add", bridge, "type", "bridge");
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
}
