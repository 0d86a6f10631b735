import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { cellRecordPathOf } from "../../builder/cells/cellRecord.ts";
import { createProcessCells } from "../../builder/cells/processCells.ts";
import type { CellUser } from "../../builder/config/sandbox.ts";
import type { Mirrors } from "../../builder/git/mirrors.ts";
import { runBuilder } from "../../builder/run.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import type { LogStore } from "../../logs/logStore.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { followSecrets } from "../cells/cellSecrets.ts";
import type { RunningBuilder } from "./world.ts";

/** Ports and settings of `createLocalBuilders`. */
export interface LocalBuildersWorld {
  readonly workDir: string;
  readonly store: ObjectStore;
  readonly logs: LogStore;
  readonly mirrors: Mirrors;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
  readonly cellProgram: string;
  /** Absent when cells run as the user of this process. */
  readonly userOf: ((builder: string) => CellUser) | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation: readonly string[];
  /** Versions to show in addition to the versions that the cell reports. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Creates the function that starts the builder of a pod as a task of this process. Its cells are child processes. */
export function createLocalBuilders(world: LocalBuildersWorld): (pod: Pod, pool: BuilderPool) => RunningBuilder {
  return ({ name, pool, revision, uid }, { spec }) => {
    const stop = new AbortController();
    const kill = new AbortController();
    const sandbox = join(world.workDir, "builders", name);
    const user = world.userOf?.(name);
    const { node, cellProgram: program, environment, isolation, clock } = world;
    const log = world.log.child({ builder: name });
    const cells = createProcessCells({
      ...(user !== undefined && { user }),
      output: join(sandbox, "output.log"),
      record: cellRecordPathOf(sandbox),
      node,
      program,
      environment,
      isolation,
      clock,
      log,
    });
    const secrets = join(sandbox, "secrets");
    const over = new AbortController();
    const names = (spec.cellSecrets ?? []).map((secret) => secret.name);
    const copied = followSecrets(
      { from: join(world.workDir, "secrets"), names, to: secrets, user },
      clock,
      log,
      over.signal,
    );
    const start = () =>
      runBuilder(
        {
          ...(user !== undefined && { cellUser: user }),
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
          logs: world.logs,
          mirrors: world.mirrors,
          versions: world.versions,
          secrets,
        },
        stop.signal,
        kill.signal,
      );
    const ended = copied.then(start).finally(() => over.abort());
    return { stop: () => stop.abort(), kill: () => kill.abort(), ended };
  };
}
