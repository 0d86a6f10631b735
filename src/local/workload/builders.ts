import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { ControlGroups } from "../../builder/cells/controlGroups.ts";
import type { Isolation } from "../../builder/cells/isolation.ts";
import type { Mirrors } from "../../builder/git/mirrors.ts";
import type { BuilderUsers } from "../../builder/machine/builderUsers.ts";
import { followSecrets } from "../../builder/machine/cellSecrets.ts";
import { createLocalCells, secretFoldersOf } from "../../builder/machine/localCells.ts";
import { runBuilder } from "../../builder/run.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { LogStore } from "../../logs/logStore.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { RunningBuilder } from "./world.ts";

/** Ports and settings of `createLocalBuilders`. */
export interface LocalBuildersWorld {
  readonly workDir: string;
  readonly store: ObjectStore;
  readonly logsOf: (pool: string) => LogStore;
  readonly mirrors: Mirrors;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
  readonly cellProgram: string;
  /** Absolute path of the program that deletes what builds left in public folders. */
  readonly sweeper: string;
  /** Absent when cells run as the user of this process. */
  readonly usersOf: ((builder: string) => BuilderUsers) | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
  readonly groups: ControlGroups | undefined;
  /** Versions to show in addition to the versions that the cell reports. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Creates the function that starts the builder of a pod as a task of this process. Its cells are child processes. */
export function createLocalBuilders(world: LocalBuildersWorld): (pod: Pod, pool: BuilderPool) => RunningBuilder {
  return ({ name, pool, revision, uid }, { spec }) => {
    const stop = new AbortController();
    const kill = new AbortController();
    const sandbox = join(world.workDir, "builders", name);
    const users = world.usersOf?.(name);
    const { node, cellProgram: program, sweeper, environment, isolation, groups, clock } = world;
    const log = world.log.child({ builder: name });
    const mirrors = join(world.workDir, "mirrors");
    const programs = { node, program, sweeper };
    const own = { sandbox, users, mirrors, environment, isolation, groups };
    const cells = createLocalCells({ ...own, ...programs, clock, log });
    const secrets = secretFoldersOf(sandbox);
    const over = new AbortController();
    const names = (spec.cellSecrets ?? []).map((secret) => secret.name);
    const from = join(world.workDir, "secrets");
    const copies = [
      { from, names, to: secrets.build, user: users?.build },
      ...(users === undefined ? [] : [{ from, names, to: secrets.base, user: users.base }]),
    ];
    const copied = Promise.all(copies.map((copy) => followSecrets(copy, clock, log, over.signal)));
    const start = () =>
      runBuilder(
        {
          ...(users !== undefined && { owners: users }),
          name,
          pool,
          revision,
          sandbox,
          cells,
          clock,
          log,
          podUid: uid,
          incarnation: randomUUID(),
          host: hostname(),
          store: world.store,
          logs: world.logsOf(pool),
          mirrors: world.mirrors,
          versions: world.versions,
          secrets: secrets.build,
        },
        stop.signal,
        kill.signal,
      );
    const ended = copied.then(start).finally(() => over.abort());
    return { stop: () => stop.abort(), kill: () => kill.abort(), ended };
  };
}
