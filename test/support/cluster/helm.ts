import { execa } from "execa";
import { goProgram } from "./programs/goProgram.ts";

const version = "v4.2.4";

/** The path of helm. The first call on a machine compiles it. */
export function helmProgram(): Promise<string> {
  return goProgram({
    name: "helm",
    source: { package: `helm.sh/helm/v4/cmd/helm@${version}` },
    flags: ["-ldflags", "-s -w"],
    title: `helm ${version} (about a minute, once)`,
  });
}

/** Returns the standard output of helm. Rejects with its error output. */
export async function helm(kubeconfig: string, args: readonly string[]): Promise<string> {
  const program = await helmProgram();
  const { stdout, stderr, failed, shortMessage } = await execa(program, args, {
    env: { KUBECONFIG: kubeconfig },
    stdin: "ignore",
    reject: false,
  });
  if (failed) throw new Error(`helm ${args.join(" ")}: ${[stdout, stderr].join("\n").trim() || shortMessage}`);
  return stdout;
}
