import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { CommandError, exitCodes } from "../exit.ts";
import { workDirOf } from "./workDir.ts";

/** Where the pools run that a command is about: below a work folder of this machine, or in a namespace of a cluster. */
export type Place =
  | { readonly kind: "Machine"; readonly workDir: string }
  | {
      readonly kind: "Cluster";
      /** Files, of which the first counts where they differ, as for kubectl. */
      readonly kubeconfigs: readonly string[];
      /** The current one of the files when absent. */
      readonly context?: string;
      /** That of the context when absent. */
      readonly namespace?: string;
    };

/** What a person said on the command line. */
export interface PlaceOptions {
  readonly workDir?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export interface PlaceWorld {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** Whether an `up` works in a folder. */
  readonly isRunning: (workDir: string) => Promise<boolean>;
}

/** The rule of `placeOf`, for people. */
export const placeRule = `--work-dir or BUILDERPOOL_WORK_DIR means the pools of this machine; --kubeconfig, --context, --namespace, or the command as
\`kubectl builderpool\`, those of a cluster. With none of these: those of the \`up\` that runs in the default work folder, else those of
the cluster that KUBECONFIG names.`;

/** Decides whose pools are meant. Throws CommandError when both are named. */
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
