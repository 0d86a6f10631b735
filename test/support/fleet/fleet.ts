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
import { createHappenings, type Happenings } from "./happenings.ts";
import { canStart, type Ending, type Host, type Process } from "./host.ts";
import { createOperator } from "./operator.ts";

const minute = 60_000;

export interface FleetOptions {
  readonly builders: number;
  readonly spec: Partial<BuilderPoolSpec>;
  /** Whether a recheck gives way to what has waited. */
  readonly preempts: boolean;
  readonly random: () => number;
  /** How long a build takes, given whether this builder's tree is warm for it. */
  readonly duration: (isWarm: boolean) => number;
  /** How long a new process warms up. */
  readonly warmup: number;
  readonly checks?: number;
  /** Sees every Build before and after each write, and every process that begins or ends. */
  readonly recorder?: Recorder;
}

export interface Recorder {
  wrote(before: Build | undefined, after: Build | undefined): void;
  started(builder: Builder, process: Process): void;
  stopped(builder: string, process: Process, why: Ending): void;
  /** All is decided that can be decided at this moment. */
  rested(fleet: Fleet): void;
}

/** Builders, a queue and GitHub on one simulated clock: every decision is made by the code that makes it in earnest. */
export interface Fleet extends Happenings {
  now(): number;
  at(moment: number, event: () => void): void;
  run(end: number): void;
  builds(): readonly Stored<"Build">[];
  builders(): readonly Builder[];
  /** Builders with nothing to do that could start something. */
  idle(): readonly string[];
  /** Whether nothing a builder writes arrives. */
  isCut(builder: string): boolean;
  /** When the builder's process first saw that request. */
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
  const operator = createOperator({ agenda, bus, pool, checks, pullRequests, decideSoon });
  const builders = createBuilders({ options, agenda, bus, pool, hosts, decideSoon, plan: operator.plan });
  const around = { options, agenda, bus, hosts, pullRequests, operator, builders, decideSoon };

  const fleet: Fleet = {
    ...createHappenings(around),
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
      options.recorder?.rested(fleet);
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
