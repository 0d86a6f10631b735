import { execa } from "execa";
import type { Layout } from "./layout.ts";

/** Imports an image into the namespace k8s.io of containerd: the kubelet sees only this namespace. */
export async function importImage({ containerdSocket }: Layout, archive: string): Promise<void> {
  await execa("ctr", ["--address", containerdSocket, "--namespace=k8s.io", "images", "import", archive]);
}
