import type { Build } from "../../../src/api/objects/build.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import type { InfrastructureReason } from "../../../src/api/objects/reasons.ts";
import { finish, release, takeBack } from "../../../src/core/build/claim.ts";
import { createPreference } from "../../../src/core/partition/preference.ts";
import { chooseBuild } from "../../../src/core/queue/choose.ts";
import { aBuild, sha } from "../objects/build.ts";
import { aBuilder } from "../objects/builder.ts";
import { applied, finding, holderIn, running } from "../objects/inHands.ts";
import { iso, noon } from "../objects/moment.ts";

const minute = 60_000;
const step = 2 * minute;
const honestBuild = 6 * minute;

/** A pool with one harmful pull request. */
export interface BreakingOptions {
  readonly builders: number;
  readonly strategy: "Affinity" | "Modulo";
  /** How the attempts of the harmful pull request end, one after the other. The last entry repeats. */
  readonly ends: readonly InfrastructureReason[];
  /** Milliseconds until a broken builder is Ready again. */
  readonly repair: number;
  /** Whether other pull requests are built meanwhile. */
  readonly busy: boolean;
  /** Time of a push to the harmful pull request; undefined for none. */
  readonly pushAt?: number | undefined;
  /** The attempt of the harmful pull request that a push stops; undefined for none. */
  readonly pushDuring?: number | undefined;
  readonly hours: number;
  readonly random: () => number;
}

/** One attempt of the harmful pull request that broke its builder. */
export interface Break {
  readonly request: number;
  readonly builder: string;
  readonly at: number;
  /** At its start: other broken builders that neither built something else nor had 30 minutes. */
  readonly unrecovered: readonly string[];
}

/** Result of a simulation. */
export interface BreakingResult {
  readonly build: Build;
  readonly breaks: readonly Break[];
  /** The most builders that were down at a time. */
  readonly mostDown: number;
  readonly attempts: number;
}

/** Reasons of attempts that break their builder. Every other reason leaves it healthy. */
const breaking: ReadonlySet<InfrastructureReason> = new Set([
  "BuilderLost",
  "CellDied",
  "DiskFull",
  "OutOfMemory",
  "HeartbeatLost",
  "SelfTestFailed",
]);

interface Job {
  readonly number: number;
  readonly unrecovered: readonly string[];
  readonly until: number;
}

/** Runs a pool on a simulated clock. The production code decides who builds what, and how an attempt ends. */
export function runBreakingBuild(options: BreakingOptions): BreakingResult {
  const { ends, repair, pushAt, pushDuring, random } = options;
  const builders = new Map(Array.from({ length: options.builders }, (_, n) => [`o2-${n}`, aBuilder(`o2-${n}`)]));
  const builds = new Map<number, Stored<"Build">>([[1, aBuild({ number: 1 })]]);
  const jobs = new Map<string, Job>();
  const downUntil = new Map<string, number>();
  const brokenAt = new Map<string, { readonly at: number; recovered: boolean }>();
  const preferences = new Map([...builders.keys()].map((name) => [name, createPreference(name)]));
  const breaks: Break[] = [];
  let attempts = 0;
  let mostDown = 0;
  let opened = 1;

  const setStatus = (name: string, status: Partial<NonNullable<Builder["status"]>>) => {
    const before = builders.get(name) ?? aBuilder(name);
    builders.set(name, aBuilder(name, { ...before.status, ...status }));
  };
  const all = () => [...builders.values()];

  function endHarmful(name: string, unrecovered: readonly string[], now: number): void {
    const build = builds.get(1) as Stored<"Build">;
    const reason = ends[Math.min(attempts, ends.length - 1)] as InfrastructureReason;
    attempts += 1;
    if (breaking.has(reason)) {
      breaks.push({ request: build.status?.claim?.request ?? 0, builder: name, at: now, unrecovered });
      downUntil.set(name, now + repair);
      brokenAt.set(name, { at: now, recovered: false });
    }
    if (reason === "BuilderLost") setStatus(name, { phase: "Lost" });
    const end =
      reason === "BuilderLost"
        ? takeBack(build, { cause: "Lost" }, now, all())
        : release(build, holderIn(build), { reason, message: reason, now, ran: true, builders: all() });
    builds.set(1, { ...build, ...applied(build, end) });
  }

  function startBuild(name: string, build: Stored<"Build">, now: number): void {
    const { number } = build.spec;
    builds.set(number, { ...build, ...running(build, name, now) });
    const isHarmful = number === 1;
    const unrecovered = [...brokenAt].flatMap(([other, one]) =>
      other === name || one.recovered || now - one.at >= 30 * minute ? [] : [other],
    );
    jobs.set(name, { number, unrecovered, until: now + (isHarmful ? step : honestBuild) });
  }

  /** A push, which stops the build of the older commit. */
  function push(now: number): void {
    const build = builds.get(1) as Stored<"Build">;
    const pushed = { ...build, spec: { ...build.spec, commit: sha("f"), request: 2 } };
    const holder = build.status?.claim?.builder;
    if (holder !== undefined) jobs.delete(holder);
    const stop = { reason: "Superseded", message: "there is a newer commit", now, ran: true, builders: all() } as const;
    const released = holder === undefined ? {} : applied(pushed, release(pushed, holderIn(pushed), stop));
    builds.set(1, { ...pushed, ...released });
  }

  function finishHonest(name: string, number: number, now: number): void {
    const build = builds.get(number) as Stored<"Build">;
    const done = applied(build, finish(build, holderIn(build), { ...finding, finishedAt: iso(now) }));
    builds.delete(number);
    const { check } = build.spec;
    setStatus(name, { lastVerdict: { build: done.metadata.name, check, number, result: "Success", at: iso(now) } });
    const broken = brokenAt.get(name);
    if (broken !== undefined) broken.recovered = true;
  }

  for (let now = noon; now < noon + options.hours * 60 * minute; now += step) {
    const isRunning = builds.get(1)?.status?.claim !== undefined;
    const isPushed = (pushAt !== undefined && now >= pushAt + noon) || (isRunning && attempts + 1 === pushDuring);
    if (isPushed && builds.get(1)?.spec.request === 1) push(now);
    if (options.busy && builds.size < 2 * options.builders + 2) {
      opened += 1;
      builds.set(opened, aBuild({ number: opened }));
    }
    for (const [name, { number, unrecovered, until }] of jobs) {
      if (until > now) continue;
      jobs.delete(name);
      if (number === 1) endHarmful(name, unrecovered, now);
      else finishHonest(name, number, now);
    }
    for (const [name, until] of downUntil) {
      if (until > now) continue;
      downUntil.delete(name);
      setStatus(name, { phase: "Ready" });
    }
    mostDown = Math.max(mostDown, downUntil.size);
    for (const name of [...builders.keys()].toSorted(() => random() - 0.5)) {
      if (jobs.has(name) || downUntil.has(name)) continue;
      const choice = chooseBuild({
        self: name,
        builds: [...builds.values()],
        builders: all(),
        strategy: options.strategy,
        patience: 10 * minute,
        preference: preferences.get(name) ?? createPreference(name),
        waited: () => 60 * minute,
        now,
        recheck: { failedShare: 0.7, maxShare: 0.5 },
        random,
      });
      if ("build" in choice) startBuild(name, choice.build as Stored<"Build">, now);
    }
  }
  return { build: builds.get(1) as Build, breaks, mostDown, attempts };
}
