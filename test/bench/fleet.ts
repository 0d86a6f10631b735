import type { Build } from "../../src/api/build.ts";
import type { Builder, BuilderPhase } from "../../src/api/builder.ts";
import type { Stored } from "../../src/api/kinds.ts";
import type { BuilderPoolSpec } from "../../src/api/pool.ts";
import { isMember } from "../../src/core/partition/members.ts";
import { createPreference, type Preference } from "../../src/core/partition/preference.ts";
import { chooseBuild } from "../../src/core/queue/choose.ts";
import {
  claim,
  finish,
  type Holder,
  holds,
  isRecheck,
  mustStop,
  release,
  start,
  type TakeBack,
  type Transition,
  takeBack,
} from "../../src/core/queue/claim.ts";
import { killAfter } from "../../src/core/queue/heartbeat.ts";
import { planQueue } from "../../src/core/queue/plan.ts";
import { shouldPreempt } from "../../src/core/queue/preempt.ts";
import type { PullRequest } from "../../src/core/queue/pullRequest.ts";
import type { View } from "../../src/core/queue/share.ts";
import { sha } from "../support/objects/build.ts";
import { aBuilder } from "../support/objects/builder.ts";
import { aCheck } from "../support/objects/check.ts";
import { aListing } from "../support/objects/listing.ts";
import { aPool } from "../support/objects/pool.ts";
import { aPullRequest } from "../support/objects/pullRequest.ts";
import { createAgenda } from "./agenda.ts";

/** Builders, a queue and GitHub on one simulated clock: every decision is made by the code that makes it in earnest. */

const second = 1000;
const minute = 60 * second;
/** The operator's limits for a builder it hears nothing of. */
const suspectAfter = 75 * second;
const lostAfter = 930 * second;
/** Trees of pull requests that are not built for this long are deleted. */
const treeAge = 2 * 86_400 * second;

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

/** Why a process that builds came to its end. */
export type Ending = "verdict" | "superseded" | "preempted" | "drained" | "crashed" | "cut off";

/** A process that builds. */
export interface Process {
  readonly build: Build;
  readonly holder: Holder;
  readonly isWarm: boolean;
  readonly startedAt: number;
  /** Since the request was raised. */
  readonly waited: number;
}

interface Host {
  builder: Builder;
  preference: Preference;
  /** The running build, or one that ended while the host was cut off. */
  process: Process | undefined;
  /** Moment since which no write of it arrives. */
  cutAt: number | undefined;
  hasEnded: boolean;
  /** Since when its process knows the queue. */
  bornAt: number;
  readonly trees: Map<string, number>;
}

export interface Fleet {
  now(): number;
  builds(): readonly Stored<"Build">[];
  builders(): readonly Builder[];
  /** Builders with nothing to do that could start something. */
  idle(): readonly string[];
  /** Whether nothing a builder writes arrives. */
  isCut(builder: string): boolean;
  /** When the builder's process first saw that request. */
  seenAt(builder: string, build: Build): number;
  readonly counts: { conflicts: number; dropped: number };
  at(moment: number, event: () => void): void;
  run(end: number): void;
  open(number: number): void;
  push(number: number): void;
  close(number: number): void;
  crash(name: string): void;
  cut(name: string): void;
  heal(name: string): void;
  drain(name: string): void;
  add(): void;
}

export function createFleet(options: FleetOptions): Fleet {
  const { random, recorder } = options;
  const agenda = createAgenda(Date.parse("2026-01-01T00:00:00Z"));
  const pool = aPool(options.spec);
  const checks = Array.from({ length: options.checks ?? 1 }, (_, index) => aCheck({ name: `check/${index}` }));
  const builds = new Map<string, Stored<"Build">>();
  const pullRequests = new Map<number, PullRequest>();
  const hosts = new Map<string, Host>();
  /** When each request of each Build was raised. */
  const raisedAt = new Map<string, number>();
  const counts = { conflicts: 0, dropped: 0 };
  let commits = 0;
  let versions = 0;
  let isDue = false;

  // The bus: one object, one version, one writer at a time.

  function write(name: string, after: Build | undefined): void {
    recorder?.wrote(builds.get(name), after);
    versions += 1;
    if (after === undefined) builds.delete(name);
    else {
      const key = `${name} ${after.spec.request}`;
      if (!raisedAt.has(key)) raisedAt.set(key, agenda.now());
      builds.set(name, stored(after, versions, agenda.now()));
    }
    decideSoon();
  }

  function transit(name: string, step: (build: Build) => Transition): boolean {
    const build = builds.get(name);
    const transition = build === undefined ? { refused: "gone" } : step(build);
    if (build === undefined || "refused" in transition) return false;
    write(name, { ...build, status: transition.status });
    return true;
  }

  // The operator: plans the queue, notices silent builders, takes back.

  function plan(): void {
    const listing = aListing([...pullRequests.values()], { startedAt: agenda.now() });
    const observed = {
      pool,
      checks,
      broken: [],
      ownerOf: () => pool.metadata.name,
      listingOf: () => listing,
      builds: [...builds.values()],
      rechecks: true,
    };
    for (const action of planQueue(observed, agenda.now())) {
      write(action.build.metadata.name, action.do === "delete" ? undefined : action.build);
    }
  }

  function takeBackFrom(name: string, why: TakeBack): void {
    for (const build of builds.values()) {
      if (build.status?.claim?.builder === name)
        transit(build.metadata.name, (one) => takeBack(one, why, agenda.now()));
    }
  }

  function setPhase(host: Host, phase: BuilderPhase): void {
    const { builder } = host;
    if (builder.status !== undefined) host.builder = { ...builder, status: { ...builder.status, phase } };
    decideSoon();
  }

  /** What the operator does about a builder that no longer speaks, unless it speaks again. */
  function watch(name: string, host: Host, isSilent: () => boolean): void {
    const silentSince = agenda.now();
    agenda.at(silentSince + suspectAfter, () => {
      if (!isSilent()) return;
      setPhase(host, "Suspect");
      takeBackFrom(name, { cause: "Suspect" });
    });
    agenda.at(silentSince + lostAfter, () => {
      if (!isSilent()) return;
      setPhase(host, "Lost");
      takeBackFrom(name, { cause: "Lost" });
    });
  }

  // The builders: choose, claim, build, stop.

  function viewOf(name: string, host: Host, all: readonly Stored<"Build">[]): View {
    return {
      self: name,
      builds: all,
      builders: [...hosts.values()].map(({ builder }) => builder),
      strategy: pool.spec.partition.strategy,
      patience: 10 * minute,
      preference: host.preference,
      waited: (build) => agenda.now() - seenAt(host, build),
      now: agenda.now(),
    };
  }

  function seenAt(host: Host, { metadata, spec }: Build): number {
    return Math.max(host.bornAt, raisedAt.get(`${metadata.name} ${spec.request}`) ?? 0);
  }

  function canStart(host: Host): boolean {
    return host.process === undefined && host.cutAt === undefined && isMember(host.builder);
  }

  /** Everybody idle looks at the same lists and claims at the same moment, until nobody wants anything more. */
  function choose(): void {
    for (let isOver = false; !isOver; ) {
      isOver = true;
      const all = [...builds.values()];
      const idle = [...hosts].filter(([, host]) => canStart(host));
      const choices = idle.map(([name, host]) => ({
        name,
        host,
        choice: chooseBuild({ ...viewOf(name, host, all), recheck: pool.spec.recheck, random }),
      }));
      for (const { name, host, choice } of shuffled(choices, random)) {
        if (!("build" in choice)) {
          if (choice.again !== undefined) agenda.at(agenda.now() + Math.ceil(choice.again), decideSoon);
        } else if (builds.get(choice.build.metadata.name) === choice.build) begin(name, host, choice.build);
        else {
          counts.conflicts += 1;
          isOver = false;
        }
      }
    }
  }

  function begin(name: string, host: Host, build: Build): void {
    const incarnation = host.builder.status?.incarnation ?? "";
    const key = build.metadata.name;
    if (!transit(key, (one) => claim(one, { builder: name, incarnation }, agenda.now()))) return;
    const holder = { builder: name, incarnation, attempt: builds.get(key)?.status?.attempt ?? 0 };
    if (!transit(key, (one) => start(one, holder))) return;
    const tree = `${build.spec.check} ${build.spec.number}`;
    const isWarm = agenda.now() - (host.trees.get(tree) ?? Number.NEGATIVE_INFINITY) < treeAge;
    host.trees.set(tree, agenda.now());
    const waited = agenda.now() - (raisedAt.get(`${key} ${build.spec.request}`) ?? agenda.now());
    const process = { build: builds.get(key) ?? build, holder, isWarm, startedAt: agenda.now(), waited };
    host.process = process;
    host.hasEnded = false;
    recorder?.started(host.builder, process);
    agenda.at(agenda.now() + options.duration(isWarm), () => end(host, process));
  }

  function end(host: Host, process: Process): void {
    if (host.process !== process || host.hasEnded) return;
    recorder?.stopped(process.holder.builder, process, "verdict");
    host.hasEnded = true;
    if (host.cutAt === undefined) judge(host, process);
  }

  function judge(host: Host, process: Process): void {
    const isRed = (process.build.spec.number + Number.parseInt(process.build.spec.commit, 36)) % 3 === 0;
    const finding = {
      result: isRed ? ("Failure" as const) : ("Success" as const),
      description: "",
      silent: false,
      startedAt: iso(process.startedAt),
      finishedAt: iso(agenda.now()),
    };
    const isTaken = transit(process.build.metadata.name, (one) => finish(one, process.holder, finding));
    if (!isTaken) counts.dropped += 1;
    host.process = undefined;
    plan();
  }

  function stop(host: Host, why: Exclude<Ending, "verdict">, reason?: "Superseded" | "Preempted" | "Drained"): void {
    const { process } = host;
    if (process === undefined) return;
    if (!host.hasEnded) recorder?.stopped(process.holder.builder, process, why);
    host.process = undefined;
    if (reason === undefined) return;
    const message = reason;
    transit(process.build.metadata.name, (one) => release(one, process.holder, { reason, message, now: agenda.now() }));
  }

  function supervise(): void {
    for (const [name, host] of hosts) {
      if (host.process === undefined || host.cutAt !== undefined || host.hasEnded) continue;
      const build = builds.get(host.process.build.metadata.name);
      if (mustStop(build, host.process.holder) !== undefined) stop(host, "superseded", "Superseded");
      else if (
        options.preempts &&
        isRecheck(host.process.build) &&
        shouldPreempt(viewOf(name, host, [...builds.values()]))
      )
        stop(host, "preempted", "Preempted");
    }
  }

  function decideSoon(): void {
    if (isDue) return;
    isDue = true;
    agenda.at(agenda.now(), () => {
      supervise();
      choose();
      isDue = false;
      recorder?.rested(fleet);
    });
  }

  // What may happen to builders and pull requests.

  function warmUp(name: string, host: Host, incarnation: string): void {
    host.builder = aBuilder(name, { phase: "Warming", incarnation });
    host.preference = createPreference(name);
    host.bornAt = agenda.now();
    agenda.at(agenda.now() + options.warmup, () => {
      if (host.builder.status?.incarnation !== incarnation) return;
      host.builder = aBuilder(name, { incarnation, warm: { incarnation, revision: "r1", at: iso(agenda.now()) } });
      decideSoon();
    });
  }

  function add(isWarm = false): void {
    const name = `o2-${hosts.size}`;
    const host: Host = {
      builder: aBuilder(name),
      preference: createPreference(name),
      process: undefined,
      cutAt: undefined,
      hasEnded: false,
      bornAt: agenda.now(),
      trees: new Map(),
    };
    hosts.set(name, host);
    if (!isWarm) warmUp(name, host, `${name}-1`);
  }

  const fleet: Fleet = {
    now: agenda.now,
    at: agenda.at,
    run: agenda.run,
    counts,
    builds: () => [...builds.values()],
    builders: () => [...hosts.values()].map(({ builder }) => builder),
    idle: () => [...hosts].filter(([, host]) => canStart(host)).map(([name]) => name),
    isCut: (name) => hosts.get(name)?.cutAt !== undefined,
    seenAt: (name, build) => {
      const host = hosts.get(name);
      return host === undefined ? agenda.now() : seenAt(host, build);
    },

    open: (number) => {
      commits += 1;
      const opened = { number, commit: sha(commits), createdAt: iso(agenda.now()), committedAt: iso(agenda.now()) };
      pullRequests.set(number, aPullRequest(opened));
    },
    push: (number) => {
      if (pullRequests.has(number)) fleet.open(number);
    },
    close: (number) => {
      pullRequests.delete(number);
    },

    crash: (name) => {
      const host = hosts.get(name);
      if (host === undefined || host.cutAt !== undefined) return;
      stop(host, "crashed");
      const incarnation = `${name}-${agenda.now()}`;
      const silent = { phase: "Ready" as const, incarnation };
      if (random() < 0.5) {
        // the pod is started anew and registers before anybody misses it
        agenda.at(agenda.now() + 20 * second, () => takeBackFrom(name, { cause: "NewIncarnation", incarnation }));
        warmUp(name, host, incarnation);
        return;
      }
      host.cutAt = agenda.now();
      const { cutAt } = host;
      watch(name, host, () => host.cutAt === cutAt);
      agenda.at(cutAt + 2 * lostAfter, () => {
        host.cutAt = undefined;
        takeBackFrom(name, { cause: "NewIncarnation", incarnation: silent.incarnation });
        warmUp(name, host, silent.incarnation);
      });
    },

    cut: (name) => {
      const host = hosts.get(name);
      if (host === undefined || host.cutAt !== undefined) return;
      host.cutAt = agenda.now();
      const { cutAt, process } = host;
      watch(name, host, () => host.cutAt === cutAt);
      agenda.at(cutAt + killAfter, () => {
        if (host.cutAt === cutAt && host.process === process) stop(host, "cut off");
      });
    },

    heal: (name) => {
      const host = hosts.get(name);
      if (host?.cutAt === undefined || !["Ready", "Suspect", "Lost"].includes(host.builder.status?.phase ?? "")) return;
      const { process } = host;
      host.cutAt = undefined;
      setPhase(host, host.builder.spec.desired === "Drain" ? "Draining" : "Ready");
      if (process !== undefined && host.hasEnded) judge(host, process);
      takeBackOrphans(name, host);
    },

    drain: (name) => {
      const host = hosts.get(name);
      if (host === undefined || host.cutAt !== undefined) return;
      host.builder = { ...host.builder, spec: { ...host.builder.spec, desired: "Drain" } };
      agenda.at(agenda.now() + 30 * minute, () => {
        stop(host, "drained", "Drained");
        warmUp(name, host, `${name}-${agenda.now()}`);
      });
    },

    add,
  };

  /** A builder that killed its build while it was cut off gives the claim back itself. */
  function takeBackOrphans(name: string, host: Host): void {
    for (const build of builds.values()) {
      const held = build.status?.claim;
      if (held?.builder !== name || !holds(build, held) || host.process !== undefined) continue;
      const why = { reason: "HeartbeatLost" as const, message: "", now: agenda.now() };
      transit(build.metadata.name, (one) => release(one, held, why));
    }
  }

  for (let index = 0; index < options.builders; index += 1) add(true);
  const poll = () => {
    plan();
    decideSoon();
    agenda.at(agenda.now() + minute, poll);
  };
  agenda.at(agenda.now(), poll);
  return fleet;
}

function stored(build: Build, version: number, now: number): Stored<"Build"> {
  const { name, uid = `uid-${version}`, creationTimestamp = iso(now) } = build.metadata;
  const metadata = { ...build.metadata, name, namespace: "default", uid, creationTimestamp, generation: 1 };
  return { ...build, metadata: { ...metadata, resourceVersion: String(version) } };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
