import type { Builder } from "../../api/objects/builder.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { isRevisionOnTrial } from "../../core/partition/silence.ts";
import type { Topic } from "../report/notes.ts";
import type { OwnStatus } from "../report/ownStatus.ts";
import type { BuilderWorld } from "../world.ts";
import type { Declared, Settings } from "./config.ts";
import { createConfigFolder } from "./configFolder.ts";
import type { Sandbox } from "./sandbox.ts";

/** The settings of this builder: the pool's, with the overrides from `config/`. */
export interface SettingsReader {
  settings(): Settings;
  /**
   * Whether this builder is silent by itself: by its object, its file, or as a canary. A person's `silent` in the
   * object wins over the trial.
   */
  isSilent(): boolean;
  /** The valid checks of the pool. Time limits from `config/` replace the limits of the pool. */
  checks(): readonly ResolvedCheck[];
  /** Reads `config/` again. Calls run one after the other. Logs a failure, never rejects. */
  refresh(): Promise<void>;
}

/** The parts of a builder that its settings depend on. */
interface SettingsWorld {
  readonly world: Pick<BuilderWorld, "name" | "revision" | "log">;
  readonly sandbox: Sandbox;
  readonly status: Pick<OwnStatus, "setStatus">;
  setNote(topic: Topic, text: string | undefined): void;
  self(): Builder | undefined;
  pool(): BuilderPool | undefined;
}

/** Creates the reader. Until the first `refresh` the settings are the defaults. */
export function createSettingsReader({
  world,
  sandbox,
  status,
  setNote,
  self,
  pool: poolOf,
}: SettingsWorld): SettingsReader {
  const folder = createConfigFolder(sandbox);
  const validChecksOf = cachedByArgument((pool: BuilderPool) => poolChecksOf(pool).checks);
  let settings: Settings = { silent: false, debug: false, timeouts: {} };
  let isSilentByFile = false;
  let refreshing = Promise.resolve();

  function isOnTrial(): boolean {
    return isRevisionOnTrial(poolOf(), world.revision);
  }

  async function readOnce(): Promise<void> {
    const pool = poolOf();
    if (pool === undefined) return;
    const isCanary = isOnTrial();
    const declared = declaredOf(pool, { ...self()?.spec, isCanary }, validChecksOf(pool));
    const found = await folder.read(declared);
    settings = found.settings;
    isSilentByFile = found.isSilencedByFile;
    setNote("config", found.warnings.join("; ") || undefined);
    const { silent, debug, partitionOverride } = settings;
    const canary = isCanary && silent ? true : undefined;
    status.setStatus({ silent, canary, debug, partitionOverride });
  }

  return {
    settings: () => settings,
    isSilent: () => isSilentByFile || (self()?.spec.silent ?? isOnTrial()),
    checks() {
      const pool = poolOf();
      return pool === undefined ? [] : validChecksOf(pool).map((check) => withLimits(check, settings.timeouts));
    },
    refresh() {
      refreshing = refreshing.then(readOnce).catch((error: unknown) => {
        world.log.warn(
          { builder: world.name, error: String(error) },
          "cannot read or write config/; the last settings stay in force",
        );
      });
      return refreshing;
    },
  };
}

function declaredOf(
  { spec }: BuilderPool,
  own: {
    readonly silent?: boolean | undefined;
    readonly debug?: boolean | undefined;
    readonly isCanary: boolean;
    readonly workerIndex?: number | undefined;
    readonly poolSize?: number | undefined;
  },
  checks: readonly ResolvedCheck[],
): Declared {
  const longest = (limit: "command" | "build") =>
    checks.length === 0 ? undefined : Math.max(...checks.map(({ timeouts }) => milliseconds(timeouts[limit])));
  return {
    silent: own.silent ?? (own.isCanary || spec.silent),
    debug: own.debug ?? spec.debug,
    index: own.workerIndex,
    size: own.poolSize,
    command: longest("command"),
    build: longest("build"),
  };
}

function withLimits(check: ResolvedCheck, { command, build }: Settings["timeouts"]): ResolvedCheck {
  if (command === undefined && build === undefined) return check;
  const timeouts = {
    command: command === undefined ? check.timeouts.command : `${command}ms`,
    build: build === undefined ? check.timeouts.build : `${build}ms`,
  };
  return { ...check, timeouts };
}

/** Keeps the last result. The informer replaces an object when it changes, so the same object gives the same result. */
function cachedByArgument<A extends object, B>(compute: (from: A) => B): (from: A) => B {
  let last: { readonly from: A; readonly value: B } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, value: compute(from) };
    return last.value;
  };
}
