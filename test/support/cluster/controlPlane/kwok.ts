import { join } from "node:path";
import { type Leashed, startLeashed } from "../leashed.ts";
import { goProgram } from "../programs/goProgram.ts";

const version = "v0.8.0";

/** The path of kwok. The first call on a machine compiles it. */
export function kwokProgram(): Promise<string> {
  return goProgram({
    name: "kwok",
    source: { package: `sigs.k8s.io/kwok/cmd/kwok@${version}` },
    flags: ["-ldflags", "-s -w"],
    title: `kwok ${version} (about a minute, once)`,
  });
}

/** Simulates the kubelet of every node with the annotation `kwok.x-k8s.io/node: fake`, by the stages in `kwok/`. */
export async function startKwok(kubeconfig: string, folder: string): Promise<Leashed> {
  const program = await kwokProgram();
  const stages = ["configuration.yaml", "node.yaml", "pod.yaml"].map(
    (file) => `--config=${join(import.meta.dirname, "kwok", file)}`,
  );
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    ...stages,
    "--manage-all-nodes=false",
    "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    "--cidr=10.128.0.0/12",
    "--node-ip=192.0.2.2",
    "--node-lease-duration-seconds=40",
    "--server-address=",
    "--node-port=0",
  ];
  return startLeashed("kwok", [program, ...flags], join(folder, "kwok.log"));
}
