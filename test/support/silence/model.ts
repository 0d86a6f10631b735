import type { Build, BuildStatus, Verdict } from "../../../src/api/objects/build.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, finish, release, start, type Transition } from "../../../src/core/build/claim.ts";
import { holds, isHeld, isShadow, mustStop } from "../../../src/core/build/state.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { checkOwnersOf } from "../../../src/core/definitions/ownership.ts";
import { createPreference } from "../../../src/core/partition/preference.ts";
import type { Listing } from "../../../src/core/pullRequest/pullRequest.ts";
import { chooseBuild } from "../../../src/core/queue/choose.ts";
import type { QueueView } from "../../../src/core/queue/partitionView.ts";
import { planQueue } from "../../../src/core/queue/plan.ts";
import { shouldYield } from "../../../src/core/queue/preempt.ts";
import { reportFactsOf } from "../../../src/core/report/post/pending.ts";
import { type PlannedStatus, planReport } from "../../../src/core/report/post/plan.ts";
import { recordStatus } from "../../../src/core/report/post/record.ts";
import { sha } from "../objects/build.ts";
import { aListing } from "../objects/listing.ts";
import { iso, noon } from "../objects/moment.ts";
import { aPullRequest } from "../objects/pullRequest.ts";
import { firstSnapshot, type Snapshot, sure } from "./snapshot.ts";

/** A write to GitHub, with the Build that it came from. */
export interface Write extends PlannedStatus {
  readonly build: string;
  readonly check: string;
  readonly isShadow: boolean;
}

export const silentThings = ["pool", "check", "o2-0", "o2-1", "o2-2"] as const;
/** A thing that can be silent. `next` is the second pool. */
export type SilentThing = (typeof silentThings)[number] | "next";
export const readers = ["queue", "reporter", "o2-0", "o2-1", "o2-2", "next-0"] as const;
export type Reader = (typeof readers)[number];

/**
 * A loud pool `o2` of three builders, and a silent pool `next` of one builder with the same check. Each may become loud
 * or silent. The real planners decide. Every reader decides from its own snapshot, and writes only over the version that
 * it has read. GitHub shows the last write of each commit, and the queue sees GitHub as it was at the last poll.
 */
export class SilenceModel {
  readonly writes: Write[] = [];
  readonly verdicts: { readonly build: string; readonly isShadow: boolean; readonly verdict: Verdict }[] = [];
  private now = noon;
  private readonly caches = new Map<Reader, Snapshot>();
  private readonly pullRequests: readonly number[];
  private state: Snapshot;
  private listing: Listing;

  constructor(pullRequests: readonly number[]) {
    this.pullRequests = pullRequests;
    this.state = firstSnapshot();
    this.listing = this.listingNow();
    for (const reader of readers) this.sync(reader);
  }

  /** The operator lists the pull requests with their statuses. */
  poll(): void {
    this.listing = this.listingNow();
  }

  builds(): readonly Stored<"Build">[] {
    return [...this.state.builds.values()];
  }

  advance(ms: number): void {
    this.now += ms;
  }

  /** Delivers all changes to a reader. Without this call its watch is stale. */
  sync(reader: Reader): void {
    this.caches.set(reader, this.state);
  }

  /** A pool gets the check, or has another one in its place. */
  define(name: "o2" | "next", hasCheck: boolean): void {
    const pools = new Map(this.state.pools);
    const pool = sure(pools.get(name));
    const checks = [{ ...sure(pool.spec.checks?.[0]), name: hasCheck ? "c" : "other" }];
    pools.set(name, { ...pool, spec: { ...pool.spec, checks } });
    this.state = { ...this.state, pools };
  }

  silence(thing: SilentThing, silent: boolean): void {
    if (thing === "pool" || thing === "check" || thing === "next") {
      const pools = new Map(this.state.pools);
      const name = thing === "next" ? "next" : "o2";
      const pool = sure(pools.get(name));
      const spec = thing === "check" ? { checks: [{ ...sure(pool.spec.checks?.[0]), silent }] } : { silent };
      pools.set(name, { ...pool, spec: { ...pool.spec, ...spec } });
      this.state = { ...this.state, pools };
      return;
    }
    const builders = new Map(this.state.builders);
    const builder = sure(builders.get(thing));
    builders.set(thing, { ...builder, status: { ...sure(builder.status), silent } });
    this.state = { ...this.state, builders };
  }

  /** The operator plans the queues of both pools, or of one. It keeps no memory, so a restart is a `sync`. */
  planQueues(only?: "o2" | "next"): void {
    const cache = this.cacheOf("queue");
    for (const [name, pool] of cache.pools) {
      if (only !== undefined && only !== name) continue;
      const builds = [...cache.builds.values()];
      const actions = planQueue(
        {
          pool,
          ...poolChecksOf(pool),
          ownerOf: checkOwnersOf([...cache.pools.values()]),
          listingOf: () => this.listing,
          builds: builds.filter(({ spec }) => spec.pool === name),
          rechecks: false,
          rivalsOf: (check, number) =>
            builds.filter(({ spec }) => spec.pool !== name && spec.check === check.name && spec.number === number),
          shadows: {
            builders: [...cache.builders.values()].filter(({ spec }) => spec.pool === name),
            buildOf: (build) => cache.builds.get(build),
          },
        },
        this.now,
      );
      for (const action of actions) {
        const stored = this.state.builds.get(action.build.metadata.name);
        if (action.do === "delete") this.remove(action.build);
        if (action.do === "create" && stored === undefined)
          this.write({ ...action.build, metadata: { ...stamp, ...action.build.metadata } });
        if (action.do === "update") this.over(action.build, (build) => ({ ...build, spec: action.build.spec }));
      }
    }
  }

  /** A builder claims its next build. */
  claim(name: Reader): void {
    if (this.heldBy(name) !== undefined) return;
    const view = this.viewOf(name);
    const choice = chooseBuild({ ...view, recheck: { failedShare: 0.7, maxShare: 0.5 }, random: () => 0 });
    if (!("build" in choice)) return;
    const build = sure(this.cacheOf(name).builds.get(choice.build.metadata.name));
    this.apply(build, claim(build, { builder: name, incarnation: `${name}-1` }, this.now));
    const held = this.heldBy(name);
    if (held !== undefined) this.apply(held, start(held, sure(held.status?.claim)));
  }

  /** A builder finishes with the silence that it sees, or gives the build up. */
  end(name: Reader, how: "verdict" | "release" | "yield"): void {
    const build = this.heldBy(name);
    const holder = build?.status?.claim;
    if (build === undefined || holder === undefined) return;
    const view = this.viewOf(name);
    const [at, message] = [iso(this.now), "m"];
    if (how === "yield" && shouldYield(view, build) === undefined) return;
    const seen = this.cacheOf(name).builds.get(build.metadata.name);
    const isStopped = seen !== undefined && holds(seen, holder) && mustStop(seen, holder) !== undefined;
    if (how !== "verdict" || isStopped) {
      const reason = how === "yield" ? "Preempted" : isStopped ? "Superseded" : "FetchFailed";
      this.apply(build, release(build, holder, { reason, message, now: this.now }));
      return;
    }
    const pool = sure(this.cacheOf(name).pools.get(build.spec.pool));
    const own = this.builderOf(name).status;
    const isOwn = own?.silent === true;
    const silent = isOwn || pool.spec.silent || poolChecksOf(pool).checks.some((check) => check.silent);
    const finding = { result: "Success", description: "", silent, startedAt: at, finishedAt: at } as const;
    const revision = sure(own?.revision);
    this.apply(build, finish(build, holder, { ...finding, revision }));
    const verdict = sure(this.state.builds.get(build.metadata.name)?.status?.verdict);
    this.verdicts.push({ build: build.metadata.name, isShadow: isShadow(build), verdict });
  }

  /** The reporter reads each Build anew, and pools and builders from its cache. */
  report(): void {
    const cache = this.cacheOf("reporter");
    const context = {
      pool: (name: string) => cache.pools.get(name),
      checks: () => [],
      builder: (name: string) => cache.builders.get(name),
    };
    for (const build of this.builds()) {
      const { status } = planReport(build, reportFactsOf(build, context, 0));
      if (status === undefined) continue;
      const { check } = build.spec;
      this.writes.push({ ...status, build: build.metadata.name, check, isShadow: isShadow(build) });
      const reported = recordStatus(build.status?.reported, status, { written: true }, iso(this.now));
      this.over(build, (one) => ({ ...one, status: { ...(one.status ?? { phase: "Queued", attempt: 0 }), reported } }));
    }
  }

  /** Every watch works, and everybody works for a while. */
  round(): void {
    for (const reader of readers) this.sync(reader);
    this.poll();
    this.planQueues();
    this.report();
    for (const name of readers.slice(2)) {
      this.sync(name);
      this.claim(name);
    }
    this.advance(11 * 60_000);
    for (const name of readers.slice(2)) this.end(name, "verdict");
    this.report();
  }

  /** Silence ends in the pool `o2`, and everybody works until nothing changes any more. */
  settle(): void {
    this.define("o2", true);
    for (const thing of silentThings) this.silence(thing, false);
    let quiet = 0;
    for (let count = 0; count < 25 && quiet < 3; count += 1) {
      const before = this.state;
      this.round();
      quiet = this.state === before ? quiet + 1 : 0;
    }
  }

  private listingNow(): Listing {
    const pullRequests = this.pullRequests.map((number) => {
      const last = this.writes.findLast(({ commit, check }) => commit === sha(number) && check === "c");
      const state = ({ pending: "PENDING", success: "SUCCESS", error: "ERROR" } as const)[last?.state ?? "pending"];
      const statuses = last === undefined ? [] : [{ context: "c", state, description: last.description }];
      return aPullRequest({ number, statuses });
    });
    return aListing(pullRequests, { startedAt: this.now });
  }

  private cacheOf(reader: Reader): Snapshot {
    return sure(this.caches.get(reader));
  }

  private builderOf(name: string): Builder {
    return sure(this.state.builders.get(name));
  }

  private heldBy(name: string): Stored<"Build"> | undefined {
    return this.builds().find((build) => isHeld(build) && build.status?.claim?.builder === name);
  }

  private viewOf(name: Reader): QueueView {
    const cache = this.cacheOf(name);
    const pool = sure(cache.pools.get(this.builderOf(name).spec.pool));
    const mine = <T extends Build | Builder>(all: Iterable<T>) =>
      [...all].filter(({ spec }) => spec.pool === pool.metadata.name);
    return {
      self: name,
      // A builder knows its own file at once.
      builders: mine(
        [...cache.builders.values()].map((one) => (one.metadata.name === name ? this.builderOf(name) : one)),
      ),
      builds: mine(cache.builds.values()),
      isPoolSilent: pool.spec.silent,
      strategy: "Affinity",
      patience: 10 * 60_000,
      fairness: pool.spec.fairness,
      preference: createPreference(name),
      waited: ({ spec }) => this.now - Date.parse(spec.requestedAt ?? iso(this.now)),
      now: this.now,
    };
  }

  private apply(build: Stored<"Build">, transition: Transition): void {
    if ("status" in transition) this.over(build, (one) => ({ ...one, status: transition.status as BuildStatus }));
  }

  private remove(read: Stored<"Build">): void {
    const { name, resourceVersion } = read.metadata;
    if (this.state.builds.get(name)?.metadata.resourceVersion !== resourceVersion) return;
    const builds = new Map(this.state.builds);
    builds.delete(name);
    this.state = { ...this.state, builds };
  }

  /** Writes over the version that was read, or not at all. */
  private over(read: Stored<"Build">, change: (build: Stored<"Build">) => Stored<"Build">): void {
    const stored = this.state.builds.get(read.metadata.name);
    if (stored?.metadata.resourceVersion === read.metadata.resourceVersion && stored !== undefined)
      this.write(change(stored));
  }

  private write(build: Build): void {
    const version = `${Number(this.state.builds.get(build.metadata.name)?.metadata.resourceVersion ?? 0) + 1}`;
    const metadata = { ...stamp, ...build.metadata, resourceVersion: version };
    const builds = new Map(this.state.builds).set(build.metadata.name, { ...build, metadata } as Stored<"Build">);
    this.state = { ...this.state, builds };
  }
}

const stamp = { uid: "u", resourceVersion: "0", generation: 1, creationTimestamp: iso(noon) };
