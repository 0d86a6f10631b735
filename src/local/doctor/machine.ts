import { join, resolve } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { probeIsolation } from "../../builder/cells/isolation.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { sparseEnvironment } from "../../system/sparseEnvironment.ts";
import { cellSecretLines } from "../cells/cellSecrets.ts";
import { createCellUsers } from "../cells/cellUsers.ts";
import type { Address } from "../pages.ts";
import { fieldsWithoutEffectOf } from "../pools/withoutEffect.ts";
import { apiFactsOf } from "./apis.ts";
import { folderFactsOf, isOurs, nearestFolderOf } from "./folder.ts";
import { pageFactsOf } from "./pages.ts";
import { programFactsOf, pythonFactOf } from "./programs.ts";
import { repositoryFactsOf } from "./repositories.ts";
import { toolFactsOf } from "./tools.ts";

/** Settings and ports of `observeMachine`. */
export interface MachineFactsInput {
  readonly workDir: string;
  /** Absent when no file was given. */
  readonly pools?: readonly BuilderPool[];
  /** Errors in the pool files. */
  readonly problems: readonly string[];
  readonly token: string | undefined;
  readonly cellUser: string | undefined;
  readonly listen: Address;
  /** Also download from the package index, which is slow. */
  readonly online: boolean;
  readonly node: string;
  readonly cellProgram: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Log;
}

/** Observes this machine as `up` and its builds would find it. Removes all its temporary files. */
export async function observeMachine(input: MachineFactsInput): Promise<MachineFacts> {
  const { pools = [], env } = input;
  const environment = sparseEnvironment(env);
  const { userOf, ...users } = await userFacts(input);
  const user = userOf?.("doctor");
  const python = await pythonFactOf(environment, user);
  const folder = await folderFactsOf(input.workDir, pools);
  return {
    python,
    folder,
    platform: process.platform,
    node: process.versions.node,
    programs: await programFactsOf(environment, user),
    isolated: (await probeIsolation(environment)).length > 0,
    users,
    pages: await pageFactsOf(input.listen, folder.running),
    files: {
      ...(input.pools !== undefined && { pools: pools.map(({ metadata }) => metadata.name) }),
      problems: input.problems,
      notes: [...pools.flatMap(fieldsWithoutEffectOf), ...cellSecretLines(pools, join(input.workDir, "secrets"))],
    },
    apis: await apiFactsOf(input, pools),
    repositories: await repositoryFactsOf(pools, environment),
    ...(input.online && { tools: await toolFactsOf(pools, python, environment, env) }),
  };
}

async function userFacts({ workDir, cellUser, token, cellProgram, node }: MachineFactsInput) {
  // `up` changes the permissions of an own work folder, but not of its parents.
  const entered = isOurs(workDir) ? resolve(workDir) : join(nearestFolderOf(workDir), "builders");
  try {
    const { userOf, meaning } = await createCellUsers(cellUser, entered, [cellProgram, node], token !== undefined);
    return { userOf, meaning, fate: userOf === undefined ? ("together" as const) : ("apart" as const) };
  } catch (error) {
    return {
      userOf: undefined,
      meaning: messageOf(error),
      fate: "refused" as const,
    };
  }
}
