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

/** The same said again within this time is counted, not repeated. */
const series = 10 * 60_000;
/** So many wait to be written; an API server that is slow costs later ones their place, not us our memory. */
const mostWaiting = 200;
const longestNote = 1024;

interface Said {
  readonly name: string;
  readonly at: number;
  readonly count: number;
}

/** Kubernetes Events about pools and builders, one after the other, in the background. */
export function createEventEmitter(world: EventWorld): EmitEvent {
  const { client, clock, log } = world;
  const said = new Map<string, Said>();
  let waiting = 0;
  let last = Promise.resolve();

  async function say(event: PoolEvent): Promise<void> {
    const key = JSON.stringify([event.object, event.reason, event.message]);
    const now = clock.monotonic();
    for (const [old, { at }] of said) if (now - at > series) said.delete(old);
    const before = said.get(key);
    if (before === undefined) {
      const object = await eventOf(world, event);
      await client.create(events, object);
      said.set(key, { name: object.metadata.name, at: now, count: 1 });
      return;
    }
    const count = before.count + 1;
    said.set(key, { ...before, at: now, count });
    await client.merge(events, before.name, { series: { count, lastObservedTime: microTime(clock) } });
  }

  return (event) => {
    if (waiting >= mostWaiting) return;
    waiting += 1;
    last = last
      .then(() => say(event))
      .catch((error: unknown) => log.debug({ object: event.object, error: String(error) }, "an event was not written"))
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
  const about = kind === "BuilderPool" || kind === "Builder" ? await store.get(kind, name) : undefined;
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
    regarding: { apiVersion, kind, name, namespace, ...(about && { uid: about.metadata.uid }) },
  };
}

/** The wall clock as Events want it: with microseconds. */
function microTime(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString().replace("Z", "000Z");
}
