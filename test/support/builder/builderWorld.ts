import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Build, BuildSpec, BuildStatus, Verdict } from "../../../src/api/objects/build.ts";
import type { BuilderPhase, BuilderStatus } from "../../../src/api/objects/builder.ts";
import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import { BuilderPool } from "../../../src/api/objects/pool.ts";
import type { Mirrors } from "../../../src/builder/git/mirrors.ts";
import { runBuilder } from "../../../src/builder/run.ts";
import type { BuilderWorld } from "../../../src/builder/world.ts";
import type { LogStore } from "../../../src/logs/logStore.ts";
import { createDirectoryLogStore } from "../../../src/logs/stores/directory.ts";
import { LogStoreAnswer } from "../../../src/logs/stores/send.ts";
import { type EmbeddedStore, openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { type ScriptedCells, scriptedCells } from "./scriptedCells.ts";

export const commit = (digit: string | number) => String(digit).repeat(40).slice(0, 40);

/** One builder `o2-0` of pool `o2`, with a real embedded store and scripted cells and mirrors. */
export interface BuilderFixture {
  readonly store: EmbeddedStore;
  readonly cells: ScriptedCells;
  readonly mirrors: ScriptedMirrors;
  readonly sandbox: string;
  readonly logs: ScriptedLogs;
  /** Starts the builder. A second call starts another process of the same builder. */
  start(changes?: Partial<BuilderWorld>): StartedBuilder;
  /** Waits until `done` returns a value. Fails after `ms`, by default ten seconds. */
  until<T>(done: () => Promise<T | undefined | false>, ms?: number): Promise<T>;
  /** The status of the builder. */
  self(): Promise<BuilderStatus | undefined>;
  /** The status of a Build, by default of pull request 1. */
  build(number?: number): Promise<BuildStatus | undefined>;
  /** Waits for the phase and returns the status of the builder. */
  reaches(phase: BuilderPhase): Promise<BuilderStatus>;
  /** Waits for the verdict on a pull request. */
  verdict(number?: number): Promise<Verdict>;
  /** Waits until a cell builds. */
  builds(): Promise<void>;
  /** Writes a file in `config/`, like a person. */
  configure(file: string, text: string): void;
}

export interface StartedBuilder {
  readonly stop: AbortController;
  readonly kill: AbortController;
  readonly ended: Promise<void>;
  /** All calls of the readiness callback. */
  readonly readiness: readonly boolean[];
}

export interface ScriptedMirrors extends Mirrors {
  /** While set, every fetch throws it. */
  failure: Error | undefined;
  /** The tips of the branches, by repository. Another repository has the tip eeee... */
  readonly tips: Record<string, string>;
}

export interface ScriptedLogs extends LogStore {
  isDown: boolean;
  /** Whether the store refuses logs, as the log service does without a Build. */
  refuses: boolean;
}

const log = createLog({ level: "silent" });

export function poolObject(spec: object = {}): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name: "o2" },
    spec: {
      package: "O2",
      repository: "o/hello",
      developmentPackages: [{ repository: "o/hello" }, { repository: "alisw/alidist" }],
      checks: [{ name: "build/hello" }],
      warmup: { builds: "None" },
      ...spec,
    },
  });
}

export function buildObject(number: number, spec: Partial<BuildSpec> = {}): Build {
  return {
    apiVersion,
    kind: "Build",
    metadata: { name: `o2-hello-${number}`, labels: { [poolLabel]: "o2" } },
    spec: {
      pool: "o2",
      check: "build/hello",
      repository: "o/hello",
      number,
      commit: commit(number),
      base: "master",
      title: `Change ${number}`,
      author: "someone",
      urgent: false,
      waitingSince: "2026-01-01T00:00:00.000Z",
      group: "untested",
      request: 1,
      ...spec,
    },
  };
}

export async function aBuilder(poolSpec: object = {}): Promise<BuilderFixture> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-builder-"));
  const store = openEmbeddedStore({ file: ":memory:", clock: systemClock, log });
  await store.create("BuilderPool", poolObject(poolSpec));
  await store.create("Builder", {
    apiVersion,
    kind: "Builder",
    metadata: { name: "o2-0", labels: { [poolLabel]: "o2" } },
    spec: { pool: "o2", desired: "Active", workerIndex: 0, poolSize: 1, external: false },
  });
  const cells = scriptedCells();
  const mirrors = scriptedMirrors();
  const logs = scriptedLogs(join(root, "logs"));
  const sandbox = join(root, "o2-0");
  const started: StartedBuilder[] = [];
  onTestFinished(async () => {
    for (const { kill } of started) kill.abort();
    await Promise.all(started.map(({ ended }) => ended.catch(() => {})));
    store.close();
    rmSync(root, { recursive: true, force: true });
  });
  let processes = 0;
  const self = async () => (await store.get("Builder", "o2-0"))?.status;
  const build = async (number = 1) => (await store.get("Build", `o2-hello-${number}`))?.status;

  return {
    store,
    cells,
    mirrors,
    sandbox,
    logs,
    start(changes = {}) {
      processes += 1;
      const readiness: boolean[] = [];
      const [stop, kill] = [new AbortController(), new AbortController()];
      const world: BuilderWorld = {
        name: "o2-0",
        pool: "o2",
        revision: "r1",
        incarnation: `process-${processes}`,
        podUid: "uid",
        host: "testhost",
        store,
        clock: systemClock,
        log,
        logs,
        sandbox,
        mirrors,
        cells,
        onReady: (ready) => readiness.push(ready),
        ...changes,
      };
      const builder = { stop, kill, readiness, ended: runBuilder(world, stop.signal, kill.signal) };
      started.push(builder);
      return builder;
    },
    until,
    self,
    build,
    reaches: (phase) =>
      until(async () => {
        const status = await self();
        return status?.phase === phase && status;
      }),
    verdict: (number) => until(async () => (await build(number))?.verdict),
    async builds() {
      await until(async () => cells.running() > 0 && cells.orders.at(-1)?.task === "build");
    },
    configure(file, text) {
      mkdirSync(join(sandbox, "config"), { recursive: true });
      writeFileSync(join(sandbox, "config", file), text);
    },
  };
}

async function until<T>(done: () => Promise<T | undefined | false>, ms = 10_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await done();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`never came true: ${done}`);
    await systemClock.sleep(10);
  }
}

function scriptedMirrors(): ScriptedMirrors {
  return {
    failure: undefined,
    tips: {},
    async fetch({ repository }) {
      if (this.failure !== undefined) throw this.failure;
      return { mirror: `/mirrors/${repository}.git`, commit: this.tips[repository] ?? commit("e") };
    },
  };
}

function scriptedLogs(directory: string): ScriptedLogs {
  const store = createDirectoryLogStore({ directory, url: "http://logs.test" });
  return {
    ...store,
    isDown: false,
    refuses: false,
    async put(path, body, type) {
      if (this.isDown) throw new Error("the log store is down");
      if (this.refuses) throw new LogStoreAnswer(403, "The log service answered 403");
      await store.put(path, body, type);
    },
  };
}
