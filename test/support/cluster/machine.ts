import { execa } from "execa";
import { exists } from "./programs/cache.ts";
import { during } from "./programs/progress.ts";

/** Debian packages, each with a file that proves its installation. */
type Packages = Readonly<Record<string, string>>;

export const forNode: Packages = {
  containerd: "/usr/bin/containerd",
  runc: "/usr/sbin/runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  iptables: "/usr/sbin/iptables",
  conntrack: "/usr/sbin/conntrack",
  iproute2: "/usr/sbin/ip",
};

export const forImages: Packages = {
  buildah: "/usr/bin/buildah",
  debootstrap: "/usr/sbin/debootstrap",
  "busybox-static": "/usr/bin/busybox",
  tini: "/usr/bin/tini-static",
  binutils: "/usr/bin/strip",
};

/** Installs missing packages, as root with apt. Otherwise rejects with the command to run. */
export async function install(packages: Packages): Promise<void> {
  const lacking: string[] = [];
  for (const [name, file] of Object.entries(packages)) if (!(await exists(file))) lacking.push(name);
  if (lacking.length === 0) return;
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...lacking];
  if (process.getuid?.() !== 0 || !(await exists("/usr/bin/apt-get"))) {
    throw new Error(`This machine lacks ${lacking.join(", ")}; run: sudo apt-get update && sudo ${command.join(" ")}`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await during(`installing ${lacking.join(", ")}`, async () => {
    await execa("apt-get", ["update"], { env });
    await execa(command[0] ?? "", command.slice(1), { env });
  });
}
