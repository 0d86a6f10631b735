import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheFolder, isAlive } from "./programs/cache.ts";
import { goProgram } from "./programs/goProgram.ts";
import { during } from "./programs/progress.ts";
import { type ClusterProvider, usualKubeletFolder } from "./provider.ts";

/** This release of kind contains the digest of its node image. */
const version = "v0.32.0";
const kept = "builderpool";
const own = `${kept}-${process.pid}`;

/** Kubernetes in containers of Docker or Podman on this machine. */
export function kindProvider(): ClusterProvider {
  return {
    name: "kind",
    async up(options) {
      const clusters = await list();
      await sweep(clusters);
      const found = clusters.includes(kept);
      const name = found || options.keep ? kept : own;
      const kubeconfig = join(cacheFolder(), `${name}.kubeconfig`);
      await mkdir(cacheFolder(), { recursive: true });
      if (!found) {
        await during("starting a cluster with kind", () =>
          kind("create", "cluster", `--name=${name}`, "--wait=180s", `--kubeconfig=${kubeconfig}`),
        );
      }
      const hostAddress = await gateway();
      return {
        provider: "kind",
        kubeconfig,
        kubeletFolder: usualKubeletFolder,
        found,
        ...(hostAddress === undefined ? {} : { hostAddress }),
        loadImage: async (archive) => {
          await kind("load", "image-archive", archive, `--name=${name}`);
        },
        exportLogs: async (folder) => {
          await kind("export", "logs", folder, `--name=${name}`);
        },
      };
    },
    async down() {
      const clusters = await list();
      await sweep(clusters);
      for (const name of [kept, own]) if (clusters.includes(name)) await remove(name);
    },
  };
}

/** Whether a container engine for kind runs on this machine. */
export async function engineAnswers(): Promise<boolean> {
  for (const engine of ["docker", "podman"]) {
    const { failed } = await execa(engine, ["info"], { reject: false, timeout: 10_000 });
    if (!failed) return true;
  }
  return false;
}

async function kind(...args: string[]): Promise<string> {
  const program = await goProgram({
    name: "kind",
    source: { package: `sigs.k8s.io/kind@${version}` },
    flags: ["-ldflags", "-s -w"],
    title: `kind ${version} (a minute, once)`,
  });
  return (await execa(program, args)).stdout;
}

async function list(): Promise<string[]> {
  return (await kind("get", "clusters")).split("\n").filter((name) => name !== "");
}

/** Deletes the clusters of dead runs. */
async function sweep(clusters: readonly string[]): Promise<void> {
  for (const name of clusters) {
    const pid = Number(name.startsWith(`${kept}-`) ? name.slice(kept.length + 1) : Number.NaN);
    if (pid > 0 && !isAlive(pid)) await remove(name);
  }
}

async function remove(name: string): Promise<void> {
  await kind("delete", "cluster", `--name=${name}`, `--kubeconfig=${join(cacheFolder(), `${name}.kubeconfig`)}`);
}

/** The address of this machine for the nodes. Undefined if the engine runs in a virtual machine. */
async function gateway(): Promise<string | undefined> {
  const format = "{{range .IPAM.Config}}{{.Gateway}}\n{{end}}";
  const { stdout } = await execa("docker", ["network", "inspect", "kind", "--format", format], { reject: false });
  return (stdout ?? "").split("\n").find((address) => /^[0-9.]+$/.test(address));
}
