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

export interface MachineFactsInput {
  readonly workDir: string;
  /** Absent when no file was named. */
  readonly pools?: readonly BuilderPool[];
  /** What is wrong with the files. */
  readonly problems: readonly string[];
  readonly token: string | undefined;
  readonly cellUser: string | undefined;
  readonly listen: Address;
  /** Ask the package index too, which takes a while. */
  readonly online: boolean;
  readonly node: string;
  readonly cellProgram: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Log;
}

/** Looks at this machine as `up` and its builds would find it, and leaves nothing behind. */
export async function observeMachine(question: MachineFactsInput): Promise<MachineFacts> {
  const { pools = [], env } = question;
  const environment = sparseEnvironment(env);
  const { userOf, ...users } = await userFacts(question);
  const user = userOf?.("doctor");
  const python = await pythonFactOf(environment, user);
  const folder = await folderFactsOf(question.workDir, pools);
  return {
    python,
    folder,
    platform: process.platform,
    node: process.versions.node,
    programs: await programFactsOf(environment, user),
    isolated: (await probeIsolation(environment)).length > 0,
    users,
    pages: await pageFactsOf(question.listen, folder.running),
    files: {
      ...(question.pools !== undefined && { pools: pools.map(({ metadata }) => metadata.name) }),
      problems: question.problems,
      notes: [...pools.flatMap(fieldsWithoutEffectOf), ...cellSecretLines(pools, join(question.workDir, "secrets"))],
    },
    apis: await apiFactsOf(question, pools),
    repositories: await repositoryFactsOf(pools, environment),
    ...(question.online && { tools: await toolFactsOf(pools, python, environment, env) }),
  };
}

async function userFacts({ workDir, cellUser, token, cellProgram, node }: MachineFactsInput) {
  // `up` opens a work folder of its own; what lies above it is as it is.
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
