import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { probeControlGroups } from "../../builder/cells/controlGroups.ts";
import { probeIsolation } from "../../builder/cells/isolation.ts";
import { withAuthorities } from "../../builder/machine/authorities.ts";
import { cellSecretLines } from "../../builder/machine/cellSecrets.ts";
import { nearestFolderOf } from "../../builder/machine/workFolder.ts";
import { programFactsOf, pythonFactOf } from "../../cell/tool/programs.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { isProxyOff, proxyFor, unevenHostsOf } from "../../system/proxy.ts";
import { droppedVariablesOf, sparseEnvironment } from "../../system/sparseEnvironment.ts";
import { createCellUsers } from "../cells/cellUsers.ts";
import type { Address } from "../pages.ts";
import { fieldsWithoutEffectOf } from "../pools/withoutEffect.ts";
import { apiFactsOf } from "./apis.ts";
import { folderFactsOf, isOurs } from "./folder.ts";
import { pageFactsOf } from "./pages.ts";
import { repositoryFactsOf } from "./repositories.ts";
import { toolFactsOf } from "./tools.ts";

/** Settings and ports of `observeMachine`. */
export interface MachineFactsInput {
  readonly workDir: string;
  /** Absent when no file was given. */
  readonly pools?: readonly BuilderPool[];
  /** Errors in the pool files. */
  readonly problems: readonly string[];
  /** Documents of the pool files that are skipped. */
  readonly skipped: readonly string[];
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
  const folder = await mkdtemp(join(tmpdir(), "builderpool-doctor-"));
  try {
    await chmod(folder, 0o755); // programs run as the user of builds
    return await observe({ ...input, env: withAuthorities(input.env, folder) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function observe(input: MachineFactsInput): Promise<MachineFacts> {
  const { pools = [], env } = input;
  const environment = sparseEnvironment(env);
  const { usersOf, ...users } = await userFacts(input);
  const user = usersOf?.("doctor").build;
  const python = await pythonFactOf(environment, user);
  const folder = await folderFactsOf(input.workDir, pools);
  const groups = probeControlGroups(false);
  return {
    python,
    folder,
    platform: process.platform,
    node: process.versions.node,
    programs: await programFactsOf(environment, user),
    isolation: await probeIsolation(environment),
    noGroups: typeof groups === "string" ? groups : undefined,
    users,
    pages: await pageFactsOf(input.listen, folder.running),
    files: {
      ...(input.pools !== undefined && { pools: pools.map(({ metadata }) => metadata.name) }),
      problems: input.problems,
      architectures: pools.flatMap(({ metadata: { name: pool }, spec: { architecture: name } }) =>
        name === undefined ? [] : [{ pool, name }],
      ),
      notes: [
        ...input.skipped,
        ...pools.flatMap(fieldsWithoutEffectOf),
        ...cellSecretLines(pools, join(input.workDir, "secrets")),
        ...droppedVariablesOf(env),
        ...unevenHostsOf(env),
      ],
    },
    apis: (await apiFactsOf(input, pools)).map((api) => withProxy(api, isProxyOff(env) ? {} : env)),
    repositories: (await repositoryFactsOf(pools, environment, input.workDir)).map((one) =>
      withProxy(one, environment),
    ),
    ...(input.online && { tools: await toolFactsOf(pools, python, environment, env) }),
  };
}

function withProxy<T extends { readonly address: string }>(facts: T, env: NodeJS.ProcessEnv): T & { proxy?: string } {
  const proxy = proxyFor(facts.address, env);
  return { ...facts, ...(proxy !== undefined && { proxy }) };
}

async function userFacts({ workDir, cellUser, token, cellProgram, node }: MachineFactsInput) {
  // `up` changes the permissions of an own work folder, but not of its parents.
  const entered = isOurs(workDir) ? resolve(workDir) : join(nearestFolderOf(workDir), "builders");
  try {
    const { usersOf, meaning } = await createCellUsers(cellUser, entered, [cellProgram, node], token !== undefined);
    return { usersOf, meaning, fate: usersOf === undefined ? ("together" as const) : ("apart" as const) };
  } catch (error) {
    return {
      usersOf: undefined,
      meaning: messageOf(error),
      fate: "refused" as const,
    };
  }
}
