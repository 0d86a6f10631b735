import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { CommandError, exitCodes } from "../exit.ts";
import { workDirOf } from "./workDir.ts";

/** The place of a command's pools: a work folder of this machine, or a namespace of a cluster. */
export type Place =
  | { readonly kind: "Machine"; readonly workDir: string }
  | {
      readonly kind: "Cluster";
      /** Kubeconfig files. The first file with a value wins, as for kubectl. */
      readonly kubeconfigs: readonly string[];
      /** Default: the current context of the files. */
      readonly context?: string;
      /** Default: the namespace of the context. */
      readonly namespace?: string;
    };

/** Options on the command line that select a place. */
export interface PlaceOptions {
  readonly workDir?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export interface PlaceWorld {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** Whether an `up` runs in a folder. */
  readonly isRunning: (workDir: string) => Promise<boolean>;
}

/** The rule of `placeOf`, for help texts. */
export const placeRule = `--work-dir or BUILDERPOOL_WORK_DIR selects the pools of this machine. --kubeconfig, --context, --namespace or
\`kubectl builderpool\` selects the pools of a cluster. Without them, the command uses the \`up\` in the default work folder if it runs,
else the cluster in KUBECONFIG.`;

/** Decides between this machine and a cluster. Throws CommandError when the options name both. */
export async function placeOf(options: PlaceOptions, { env, isRoot, isRunning }: PlaceWorld): Promise<Place> {
  const { kubeconfig, context, namespace } = options;
  const namesCluster = [kubeconfig, context, namespace].some((option) => option !== undefined);
  if (namesCluster && options.workDir !== undefined) {
    throw new CommandError(
      exitCodes.usage,
      "--work-dir means this machine; --kubeconfig, --context and --namespace mean a cluster: give one or the other",
    );
  }
  const machine: Place = { kind: "Machine", workDir: workDirOf(options.workDir, env, isRoot) };
  const cluster: Place = {
    kind: "Cluster",
    kubeconfigs: kubeconfig === undefined ? kubeconfigsOf(env["KUBECONFIG"]) : [kubeconfig],
    ...(context !== undefined && { context }),
    ...(namespace !== undefined && { namespace }),
  };
  if (namesCluster) return cluster;
  if (options.workDir !== undefined) return machine;
  if (env["BUILDERPOOL_CLUSTER"]) return cluster;
  if (env["BUILDERPOOL_WORK_DIR"] || !env["KUBECONFIG"]) return machine;
  return (await isRunning(machine.workDir)) ? machine : cluster;
}

function kubeconfigsOf(variable: string | undefined): readonly string[] {
  const files = (variable ?? "").split(delimiter).filter((file) => file !== "");
  return files.length === 0 ? [join(homedir(), ".kube", "config")] : files;
}
