import { createHash } from "node:crypto";
import { apiVersion, group } from "../../api/objects/group.ts";
import { poolWarnings } from "../../api/objects/reasons.ts";
import type { PoolEvent } from "../../core/pool/action.ts";
import type { KubernetesClient, KubernetesObject } from "../../store/kubernetes/client.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { EmitEvent } from "../events.ts";
import { events } from "./resources.ts";

export interface EventWorld {
  readonly client: Pick<KubernetesClient, "namespace" | "create" | "merge">;
  readonly store: Pick<ObjectStore, "get">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly log: Log;
  /** Name of our pod. */
  readonly instance: string;
}

/** The same Event within this time raises the count of the first Event. */
const series = 10 * 60_000;
/** Limit of Events in the queue. With a slow API server, later Events are dropped and memory stays bounded. */
const mostWaiting = 200;
const longestNote = 1024;

interface EmittedEvent {
  readonly name: string;
  readonly at: number;
  readonly count: number;
}

/** Writes Kubernetes Events about pools and builders in the background, one at a time. */
export function createEventEmitter(world: EventWorld): EmitEvent {
  const { client, clock, log } = world;
  const emitted = new Map<string, EmittedEvent>();
  let waiting = 0;
  let last = Promise.resolve();

  async function write(event: PoolEvent): Promise<void> {
    const key = JSON.stringify([event.object, event.reason, event.message]);
    const now = clock.monotonic();
    for (const [old, { at }] of emitted) if (now - at > series) emitted.delete(old);
    const before = emitted.get(key);
    if (before === undefined) {
      const object = await eventOf(world, event);
      await client.create(events, object);
      emitted.set(key, { name: object.metadata.name, at: now, count: 1 });
      return;
    }
    const count = before.count + 1;
    emitted.set(key, { ...before, at: now, count });
    await client.merge(events, before.name, { series: { count, lastObservedTime: microTime(clock) } });
  }

  return (event) => {
    if (waiting >= mostWaiting) return;
    waiting += 1;
    last = last
      .then(() => write(event))
      .catch((error: unknown) =>
        log.debug({ object: event.object, error: String(error) }, "could not write an Event; it is dropped"),
      )
      .finally(() => {
        waiting -= 1;
      });
  };
}

async function eventOf(
  { client: { namespace }, store, clock, instance }: EventWorld,
  { object, reason, message }: PoolEvent,
): Promise<KubernetesObject> {
  const [kind, name = ""] = object.split("/");
  const regarding = kind === "BuilderPool" || kind === "Builder" ? await store.get(kind, name) : undefined;
  const time = microTime(clock);
  const hash = createHash("sha256")
    .update(JSON.stringify([object, reason, message, time]))
    .digest("hex");
  return {
    apiVersion: events.apiVersion,
    kind: events.kind,
    metadata: { name: `${name}.${hash.slice(0, 16)}`, namespace },
    eventTime: time,
    reportingController: `${group}/builderpool`,
    reportingInstance: instance,
    action: reason,
    reason,
    type: poolWarnings.has(reason) ? "Warning" : "Normal",
    note: message.slice(0, longestNote).toWellFormed(),
    regarding: { apiVersion, kind, name, namespace, ...(regarding && { uid: regarding.metadata.uid }) },
  };
}

/** The wall clock in the format of Events, with microseconds. */
function microTime(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString().replace("Z", "000Z");
}
