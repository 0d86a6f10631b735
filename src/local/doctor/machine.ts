import { join, resolve } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { probeIsolation } from "../../builder/cells/isolation.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { sparseEnvironment } from "../../system/sparseEnvironment.ts";
import { cellSecretLines } from "../cells/cellSecrets.ts";
import { cellUsers } from "../cells/cellUsers.ts";
import type { Address } from "../pages.ts";
import { withoutEffect } from "../pools/withoutEffect.ts";
import { apiFacts } from "./apis.ts";
import { folderFacts, isOurs, nearest } from "./folder.ts";
import { pageFacts } from "./pages.ts";
import { programFacts, pythonFact } from "./programs.ts";
import { repositoryFacts } from "./repositories.ts";
import { toolFacts } from "./tools.ts";

export interface MachineQuestion {
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
export async function observeMachine(question: MachineQuestion): Promise<MachineFacts> {
  const { pools = [], env } = question;
  const environment = sparseEnvironment(env);
  const { userOf, ...users } = await userFacts(question);
  const user = userOf?.("doctor");
  const python = await pythonFact(environment, user);
  const folder = await folderFacts(question.workDir, pools);
  return {
    python,
    folder,
    platform: process.platform,
    node: process.versions.node,
    programs: await programFacts(environment, user),
    isolated: (await probeIsolation(environment)).length > 0,
    users,
    pages: await pageFacts(question.listen, folder.running),
    files: {
      ...(question.pools !== undefined && { pools: pools.map(({ metadata }) => metadata.name) }),
      problems: question.problems,
      notes: [...pools.flatMap(withoutEffect), ...cellSecretLines(pools, join(question.workDir, "secrets"))],
    },
    apis: await apiFacts(question, pools),
    repositories: await repositoryFacts(pools, environment),
    ...(question.online && { tools: await toolFacts(pools, python, environment, env) }),
  };
}

async function userFacts({ workDir, cellUser, token, cellProgram, node }: MachineQuestion) {
  // `up` opens a work folder of its own; what lies above it is as it is.
  const entered = isOurs(workDir) ? resolve(workDir) : join(nearest(workDir), "builders");
  try {
    const { userOf, meaning } = await cellUsers(cellUser, entered, [cellProgram, node], token !== undefined);
    return { userOf, meaning, fate: userOf === undefined ? ("together" as const) : ("apart" as const) };
  } catch (error) {
    return {
      userOf: undefined,
      meaning: error instanceof Error ? error.message : String(error),
      fate: "refused" as const,
    };
  }
}
