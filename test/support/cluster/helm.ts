import { execa } from "execa";
import { goProgram } from "./programs/goProgram.ts";

const version = "v4.2.4";

/** The path of the program; the first call on a machine compiles it. */
export function helmProgram(): Promise<string> {
  return goProgram({
    name: "helm",
    source: { package: `helm.sh/helm/v4/cmd/helm@${version}` },
    flags: ["-ldflags", "-s -w"],
    what: `helm ${version} (about a minute, once)`,
  });
}

/** What helm prints on standard output. Rejects with its own words when it fails. */
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
