import { isHostName } from "../../../src/api/values/hostName.ts";
import { release } from "../../../src/core/build/claim.ts";
import { holds } from "../../../src/core/build/state.ts";
import { killAfter } from "../../../src/core/liveness/heartbeat.ts";
import { createPreference } from "../../../src/core/partition/preference.ts";
import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { sha } from "../objects/build.ts";
import { aBuilder } from "../objects/builder.ts";
import { iso } from "../objects/moment.ts";
import { aPullRequest } from "../objects/pullRequest.ts";
import type { Agenda } from "./agenda.ts";
import type { Builders } from "./builders.ts";
import type { Bus } from "./bus.ts";
import type { FleetOptions } from "./fleet.ts";
import { createHost, type Host, setPhase } from "./host.ts";
import { lostAfter, type Operator } from "./operator.ts";
import { createOutsideEvents, type OutsideEvents } from "./outside.ts";

const second = 1000;
const minute = 60 * second;

/** Events of pull requests and builders. An event that is impossible in the current state does nothing. */
export interface FleetEvents extends OutsideEvents {
  open(number: number): void;
  push(number: number): void;
  close(number: number): void;
  /** The process dies. A new process starts at once, or long after the old one was lost. */
  crash(name: string): void;
  /** From now on, all writes of the builder are lost. */
  cut(name: string): void;
  heal(name: string): void;
  /** The builder drains and restarts half an hour later. */
  drain(name: string): void;
  /** Adds a builder; by default a cold one. */
  add(isWarm?: boolean): void;
}

export function createFleetEvents(world: {
  readonly options: FleetOptions;
  readonly agenda: Agenda;
  readonly bus: Bus;
  readonly hosts: Map<string, Host>;
  readonly pullRequests: Map<number, PullRequest>;
  readonly operator: Operator;
  readonly builders: Builders;
  readonly decideSoon: () => void;
}): FleetEvents {
  const { options, agenda, bus, hosts, pullRequests, operator, builders, decideSoon } = world;
  let commits = 0;

  function open(number: number): void {
    commits += 1;
    const opened = { number, commit: sha(commits), createdAt: iso(agenda.now()), committedAt: iso(agenda.now()) };
    const { author = "alice" } = options.partOf?.(number) ?? {};
    pullRequests.set(number, aPullRequest({ ...opened, author }));
  }

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

  /** Cuts the builder off. The returned function tests whether it is still cut off. */
  function cutOff(name: string, host: Host): () => boolean {
    const cutAt = agenda.now();
    host.cutAt = cutAt;
    const isSilent = () => host.cutAt === cutAt;
    operator.watch(name, host, isSilent);
    return isSilent;
  }

  /** A builder that killed its build while it was cut off releases the claim. */
  function releaseOrphans(name: string, host: Host): void {
    for (const build of bus.all()) {
      const held = build.status?.claim;
      if (held?.builder !== name || !holds(build, held) || host.process !== undefined) continue;
      const why = { reason: "HeartbeatLost" as const, message: "", now: agenda.now() };
      bus.apply(build.metadata.name, (one) => release(one, held, why));
    }
  }

  /** The host of a builder that is not cut off. */
  function reachable(name: string): Host | undefined {
    const host = hosts.get(name);
    return host?.cutAt === undefined ? host : undefined;
  }

  return {
    ...createOutsideEvents({ options, agenda, hosts, operator, builders, warmUp, cutOff, reachable }),
    open,
    push(number) {
      if (pullRequests.has(number)) open(number);
    },
    close(number) {
      pullRequests.delete(number);
    },

    crash(name) {
      const host = reachable(name);
      if (host === undefined) return;
      builders.stop(host, "crashed");
      const incarnation = `${name}-${agenda.now()}`;
      if (options.random() < 0.5) {
        // the pod restarts and registers before the builder is suspect
        agenda.at(agenda.now() + 20 * second, () =>
          operator.takeBackFrom(name, { cause: "NewIncarnation", incarnation }),
        );
        warmUp(name, host, incarnation);
        return;
      }
      cutOff(name, host);
      agenda.at(agenda.now() + 2 * lostAfter, () => {
        host.cutAt = undefined;
        operator.takeBackFrom(name, { cause: "NewIncarnation", incarnation });
        warmUp(name, host, incarnation);
      });
    },

    cut(name) {
      const host = reachable(name);
      if (host === undefined) return;
      const { process } = host;
      const isSilent = cutOff(name, host);
      agenda.at(agenda.now() + killAfter, () => {
        if (isSilent() && host.process === process) builders.stop(host, "cut off");
      });
    },

    heal(name) {
      const host = hosts.get(name);
      if (host?.cutAt === undefined || !["Ready", "Suspect", "Lost"].includes(host.builder.status?.phase ?? "")) return;
      const { process } = host;
      host.cutAt = undefined;
      setPhase(host, host.builder.spec.desired === "Drain" ? "Draining" : "Ready");
      decideSoon();
      if (process !== undefined && host.hasEnded) builders.finish(host, process);
      releaseOrphans(name, host);
    },

    drain(name) {
      const host = reachable(name);
      if (host === undefined) return;
      host.builder = { ...host.builder, spec: { ...host.builder.spec, desired: "Drain" } };
      agenda.at(agenda.now() + 30 * minute, () => {
        builders.stop(host, "drained", "Drained");
        warmUp(name, host, `${name}-${agenda.now()}`);
      });
    },

    add(isWarm = false) {
      const name = `o2-${[...hosts.keys()].filter((one) => !isHostName(one)).length}`;
      const host = createHost(name, agenda.now());
      hosts.set(name, host);
      if (!isWarm) warmUp(name, host, `${name}-1`);
    },
  };
}
