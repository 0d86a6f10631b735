import type { Build } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, finish, release, start } from "../../../src/core/build/claim.ts";
import { isRecheck, mustStop } from "../../../src/core/build/state.ts";
import { chooseBuild } from "../../../src/core/queue/choose.ts";
import type { QueueView } from "../../../src/core/queue/partitionView.ts";
import { shouldPreempt } from "../../../src/core/queue/preempt.ts";
import { mustWithhold, staleTreesOf } from "../../../src/core/verdict/streak.ts";
import { iso } from "../objects/moment.ts";
import type { Agenda } from "./agenda.ts";
import type { Bus } from "./bus.ts";
import type { FleetOptions } from "./fleet.ts";
import { canStart, type Ending, type Host, type Process, setLastVerdict, setPhase } from "./host.ts";

/** A pull request's tree without a build for this long is deleted. */
const treeAge = 2 * 86_400_000;

/** The builders of a fleet: they choose, claim, build and stop. */
export interface Builders {
  /**
   * All idle builders choose from the same lists and claim at the same moment. Repeats until no builder has a choice.
   */
  choose(): void;
  /** Stops the processes that must stop. */
  supervise(): void;
  stop(host: Host, why: Exclude<Ending, "verdict">, reason?: "Superseded" | "Preempted" | "Drained"): void;
  /** Publishes the verdict of a process. */
  finish(host: Host, process: Process): void;
  /** The time when the host's process first saw the request of a Build. */
  seenAt(host: Host, build: Build): number;
}

export function createBuilders(world: {
  readonly options: FleetOptions;
  readonly agenda: Agenda;
  readonly bus: Bus;
  readonly pool: Stored<"BuilderPool">;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly decideSoon: () => void;
  /** Lets the operator plan the queue. */
  readonly plan: () => void;
}): Builders {
  const { options, agenda, bus, pool, hosts, decideSoon, plan } = world;
  const { random, recorder } = options;

  const seenAt = (host: Host, build: Build) => Math.max(host.bornAt, bus.raisedAt(build) ?? 0);

  function viewOf(name: string, host: Host, builds: readonly Stored<"Build">[]): QueueView {
    return {
      self: name,
      builds,
      builders: [...hosts.values()].map(({ builder }) => builder),
      strategy: pool.spec.partition.strategy,
      patience: 10 * 60_000,
      fairness: pool.spec.fairness,
      preference: host.preference,
      waited: (build) => agenda.now() - seenAt(host, build),
      now: agenda.now(),
    };
  }

  /** Throws the trees of a builder away if it must, and warms up. The second refuted streak quarantines it. */
  function renewTrees(name: string, host: Host): void {
    const builders = [...hosts.values()].map(({ builder }) => builder);
    const stale = staleTreesOf({ builder: name, generation: host.generation }, bus.all(), { builders });
    if (stale === undefined) return;
    host.generation += 1;
    host.trees.clear();
    if (stale.reason === "Refuted") host.refuted += 1;
    if (stale.reason === "Refuted" && host.refuted > 1) {
      setPhase(host, "Quarantined");
      return;
    }
    setPhase(host, "Warming");
    agenda.at(agenda.now() + options.warmup, () => {
      if (host.builder.status?.phase === "Warming") setPhase(host, "Ready");
      decideSoon();
    });
  }

  function choose(): void {
    for (const [name, host] of hosts) if (canStart(host)) renewTrees(name, host);
    for (let isSettled = false; !isSettled; ) {
      isSettled = true;
      const all = bus.all();
      const choices = [...hosts]
        .filter(([, host]) => canStart(host))
        .map(([name, host]) => ({
          name,
          host,
          choice: chooseBuild({ ...viewOf(name, host, all), recheck: pool.spec.recheck, random }),
        }));
      for (const { name, host, choice } of shuffled(choices, random)) {
        if (!("build" in choice)) {
          if (choice.again !== undefined) agenda.at(agenda.now() + Math.ceil(choice.again), decideSoon);
        } else if (bus.get(choice.build.metadata.name) === choice.build) startBuild(name, host, choice.build);
        else isSettled = false; // another builder was faster
      }
    }
  }

  function startBuild(name: string, host: Host, build: Build): void {
    const incarnation = host.builder.status?.incarnation ?? "";
    const key = build.metadata.name;
    if (!bus.apply(key, (one) => claim(one, { builder: name, incarnation }, agenda.now()))) return;
    const holder = { builder: name, incarnation, attempt: bus.get(key)?.status?.attempt ?? 0 };
    if (!bus.apply(key, (one) => start(one, holder))) return;
    const tree = `${build.spec.check} ${build.spec.number}`;
    const isWarm = agenda.now() - (host.trees.get(tree) ?? Number.NEGATIVE_INFINITY) < treeAge;
    host.trees.set(tree, agenda.now());
    const waited = agenda.now() - (bus.raisedAt(build) ?? agenda.now());
    const process = { build: bus.get(key) ?? build, holder, isWarm, startedAt: agenda.now(), waited };
    host.process = process;
    host.hasEnded = false;
    recorder?.started(host.builder, process);
    agenda.at(agenda.now() + options.duration(isWarm), () => endProcess(host, process));
  }

  function endProcess(host: Host, process: Process): void {
    if (host.process !== process || host.hasEnded) return;
    recorder?.stopped(process.holder.builder, process, "verdict");
    host.hasEnded = true;
    if (host.cutAt === undefined) finishBuild(host, process);
  }

  function finishBuild(host: Host, process: Process): void {
    const { number, commit } = process.build.spec;
    const { builder } = process.holder;
    const byCommit = () => (number + Number.parseInt(commit, 36)) % 3 === 0;
    const isRed = options.isRed?.(process.build, builder, host.generation) ?? byCommit();
    if (isRed && mustWithhold("Failure", { builder, generation: host.generation }, bus.all(), process.build)) {
      const failure = { reason: "SecondOpinion" as const, message: "withheld", now: agenda.now(), ran: true };
      bus.apply(process.build.metadata.name, (one) => release(one, process.holder, failure));
      host.process = undefined;
      plan();
      return;
    }
    const finding = {
      result: isRed ? ("Failure" as const) : ("Success" as const),
      description: "",
      generation: host.generation,
      silent: false,
      startedAt: iso(process.startedAt),
      finishedAt: iso(agenda.now()),
    };
    const { name } = process.build.metadata;
    if (bus.apply(name, (one) => finish(one, process.holder, finding))) {
      const { check } = process.build.spec;
      setLastVerdict(host, { build: name, check, number, result: finding.result, at: finding.finishedAt });
    }
    host.process = undefined;
    plan();
  }

  function stop(host: Host, why: Exclude<Ending, "verdict">, reason?: "Superseded" | "Preempted" | "Drained"): void {
    const { process } = host;
    if (process === undefined) return;
    if (!host.hasEnded) recorder?.stopped(process.holder.builder, process, why);
    host.process = undefined;
    if (reason === undefined) return;
    const because = { reason, message: reason, now: agenda.now() };
    bus.apply(process.build.metadata.name, (one) => release(one, process.holder, because));
  }

  function supervise(): void {
    for (const [name, host] of hosts) {
      if (host.process === undefined || host.cutAt !== undefined || host.hasEnded) continue;
      const { build, holder } = host.process;
      if (mustStop(bus.get(build.metadata.name), holder) !== undefined) stop(host, "superseded", "Superseded");
      else if (options.preempts && isRecheck(build) && shouldPreempt(viewOf(name, host, bus.all())))
        stop(host, "preempted", "Preempted");
    }
  }

  return { choose, supervise, stop, finish: finishBuild, seenAt };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
