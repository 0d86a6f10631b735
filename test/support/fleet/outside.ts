import type { Agenda } from "./agenda.ts";
import type { Builders } from "./builders.ts";
import type { FleetOptions } from "./fleet.ts";
import { createHost, type Host } from "./host.ts";
import { lostAfter, type Operator } from "./operator.ts";

const second = 1000;
const minute = 60 * second;
/** A replaced process sees the heartbeat of its successor at its own next heartbeat. */
const heartbeat = 15 * second;

/** Events of outside hosts. An event that is impossible in the current state does nothing. */
export interface OutsideEvents {
  /** Joins a host: its process registers and warms up. */
  join(name: string): void;
  /** The machine sleeps: its build stands still, and is killed when the machine wakes (`heal`). */
  sleep(name: string): void;
  /** The machine reboots, and its agent starts again at once. */
  reboot(name: string): void;
  /** A copy of the disk starts on another machine and registers under the same name. */
  clone(name: string): void;
  /** The name is removed: the host drains, then its Builder is deleted. Some hosts do not drain in time. */
  leave(name: string): void;
}

export function createOutsideEvents(world: {
  readonly options: FleetOptions;
  readonly agenda: Agenda;
  readonly hosts: Map<string, Host>;
  readonly operator: Operator;
  readonly builders: Builders;
  readonly warmUp: (name: string, host: Host, incarnation: string) => void;
  readonly cutOff: (name: string, host: Host) => () => boolean;
  readonly reachable: (name: string) => Host | undefined;
}): OutsideEvents {
  const { options, agenda, hosts, operator, builders, warmUp, cutOff, reachable } = world;
  const nextIncarnation = (name: string) => `${name} at ${agenda.now()}`;

  /** The process is not registered any more. It goes on for `remaining`, and its claim is taken back when it is dead. */
  function abandon(name: string, host: Host, remaining: number): void {
    const { process } = host;
    const incarnation = host.builder.status?.incarnation ?? "";
    const isRunning = process !== undefined && !host.hasEnded;
    host.process = undefined;
    if (isRunning) agenda.at(agenda.now() + remaining, () => options.recorder?.stopped(name, process, "crashed"));
    agenda.at(agenda.now() + lostAfter, () => operator.takeBackFormer(name, incarnation));
  }

  return {
    join(name) {
      if (hosts.has(name)) return;
      const host = createHost(name, agenda.now());
      hosts.set(name, host);
      warmUp(name, host, nextIncarnation(name));
    },

    sleep(name) {
      const host = reachable(name);
      if (host === undefined) return;
      cutOff(name, host);
      builders.stop(host, "cut off");
    },

    reboot(name) {
      const host = reachable(name);
      if (host === undefined) return;
      builders.stop(host, "crashed");
      const incarnation = nextIncarnation(name);
      warmUp(name, host, incarnation);
      operator.takeBackFrom(name, { cause: "NewIncarnation", incarnation });
    },

    clone(name) {
      const host = reachable(name);
      if (host === undefined) return;
      abandon(name, host, heartbeat);
      warmUp(name, host, nextIncarnation(name));
    },

    leave(name) {
      const host = reachable(name);
      if (host === undefined) return;
      host.builder = { ...host.builder, spec: { ...host.builder.spec, desired: "Drain" } };
      const obeys = options.random() < 0.5;
      agenda.at(agenda.now() + 30 * minute, () => {
        if (hosts.get(name) !== host) return;
        if (obeys) builders.stop(host, "drained", "Drained");
        abandon(name, host, lostAfter - second);
        hosts.delete(name);
      });
    },
  };
}
