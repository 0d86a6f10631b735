import { execa } from "execa";
import type { Layout } from "./layout.ts";

/** Into containerd's namespace k8s.io: those of another one the kubelet does not see. */
export async function importImage({ containerdSocket }: Layout, archive: string): Promise<void> {
  await execa("ctr", ["--address", containerdSocket, "--namespace=k8s.io", "images", "import", archive]);
}
