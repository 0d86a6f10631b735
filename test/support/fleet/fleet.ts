import type { Build } from "../../../src/api/objects/build.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../../src/api/objects/pool.ts";
import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { aCheck } from "../objects/check.ts";
import { aPool } from "../objects/pool.ts";
import { createAgenda } from "./agenda.ts";
import { createBuilders } from "./builders.ts";
import { createBus } from "./bus.ts";
import { createFleetEvents, type FleetEvents } from "./happenings.ts";
import { canStart, type Ending, type Host, type Process } from "./host.ts";
import { createOperator } from "./operator.ts";

const minute = 60_000;

/** Size, behaviour and random source of a fleet. Durations are in milliseconds. */
export interface FleetOptions {
  readonly builders: number;
  readonly spec: Partial<BuilderPoolSpec>;
  /** Whether waiting untested builds preempt rechecks. */
  readonly preempts: boolean;
  readonly random: () => number;
  /** The duration of a build on a warm or a cold tree. */
  readonly duration: (isWarm: boolean) => number;
  /** The duration of a warm-up. */
  readonly warmup: number;
  readonly checks?: number;
  /** The author of a pull request, and the only check that tests it. Default: one author, and all checks. */
  readonly partOf?: (number: number) => { readonly author?: string; readonly check?: string };
  /** Whether a build ends red, by its builder and the generation of the builder's trees. Default: by its commit. */
  readonly isRed?: (build: Build, builder: string, generation: number) => boolean;
  /** Observes every write, and the start and stop of every process. */
  readonly recorder?: Recorder;
}

/** Observes a fleet. */
export interface Recorder {
  wrote(before: Build | undefined, after: Build | undefined): void;
  started(builder: Builder, process: Process): void;
  stopped(builder: string, process: Process, why: Ending): void;
  /** All decisions of this moment are made. */
  settled(fleet: Fleet): void;
}

/** Builders, a queue and GitHub on one simulated clock. The production code makes every decision. */
export interface Fleet extends FleetEvents {
  now(): number;
  at(moment: number, event: () => void): void;
  run(end: number): void;
  builds(): readonly Stored<"Build">[];
  builders(): readonly Builder[];
  /** The names of idle builders that may start a build. */
  idle(): readonly string[];
  /** Whether a builder is cut off: its writes are lost. */
  isCut(builder: string): boolean;
  /** The time when the builder's process first saw the current request. */
  seenAt(builder: string, build: Build): number;
}

export function createFleet(options: FleetOptions): Fleet {
  const agenda = createAgenda(Date.parse("2026-01-01T00:00:00Z"));
  const pool = aPool(options.spec);
  const checks = Array.from({ length: options.checks ?? 1 }, (_, index) => aCheck({ name: `check/${index}` }));
  const pullRequests = new Map<number, PullRequest>();
  const hosts = new Map<string, Host>();
  let isDue = false;

  const bus = createBus(agenda.now, (before, after) => {
    options.recorder?.wrote(before, after);
    decideSoon();
  });
  const operator = createOperator({
    ...{ agenda, bus, pool, checks, pullRequests, decideSoon },
    partOf: options.partOf ?? (() => ({})),
    builders: () => [...hosts.values()].map(({ builder }) => builder),
  });
  const builders = createBuilders({ options, agenda, bus, pool, hosts, decideSoon, plan: operator.plan });
  const world = { options, agenda, bus, hosts, pullRequests, operator, builders, decideSoon };

  const fleet: Fleet = {
    ...createFleetEvents(world),
    now: agenda.now,
    at: agenda.at,
    run: agenda.run,
    builds: bus.all,
    builders: () => [...hosts.values()].map(({ builder }) => builder),
    idle: () => [...hosts].filter(([, host]) => canStart(host)).map(([name]) => name),
    isCut: (name) => hosts.get(name)?.cutAt !== undefined,
    seenAt(name, build) {
      const host = hosts.get(name);
      return host === undefined ? agenda.now() : builders.seenAt(host, build);
    },
  };

  function decideSoon(): void {
    if (isDue) return;
    isDue = true;
    agenda.at(agenda.now(), () => {
      builders.supervise();
      builders.choose();
      isDue = false;
      options.recorder?.settled(fleet);
    });
  }

  function poll(): void {
    operator.plan();
    decideSoon();
    agenda.at(agenda.now() + minute, poll);
  }

  for (let index = 0; index < options.builders; index += 1) fleet.add(true);
  agenda.at(agenda.now(), poll);
  return fleet;
}
