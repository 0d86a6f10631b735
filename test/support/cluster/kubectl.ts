import { execa } from "execa";
import { kubernetes } from "./programs/kubernetes.ts";

/**
 * Returns the standard output of kubectl, in the version of the test cluster. Rejects with its error output.
 * `input` is the standard input.
 */
export async function kubectl(kubeconfig: string, args: readonly string[], input?: string): Promise<string> {
  const { stdout, stderr, failed, shortMessage } = await execa(
    await kubernetes(),
    ["kubectl", `--kubeconfig=${kubeconfig}`, ...args],
    { reject: false, ...(input === undefined ? { stdin: "ignore" } : { input }) },
  );
  if (failed) throw new Error(`kubectl ${args.join(" ")}: ${stderr || shortMessage}`);
  return stdout;
}

/** Applies files and folders of manifests. Resolves when the API server serves all applied custom resources. */
export async function applyManifests(kubeconfig: string, paths: readonly string[]): Promise<void> {
  const files = paths.flatMap((path) => ["-f", path]);
  const applied = await kubectl(kubeconfig, ["apply", "--server-side", "--force-conflicts", "-o", "name", ...files]);
  const definitions = applied.split("\n").filter((name) => name.startsWith("customresourcedefinition."));
  if (definitions.length > 0)
    await kubectl(kubeconfig, ["wait", "--for=condition=Established", "--timeout=90s", ...definitions]);
}
