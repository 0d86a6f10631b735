import { afterEach, describe, expect, it } from "vitest";
import { createInformer } from "../../../../src/operator/cluster/informer.ts";
import { readOwned } from "../../../../src/operator/cluster/owned.ts";
import { statefulSets } from "../../../../src/operator/cluster/resources.ts";
import type { KubernetesClient, KubernetesObject, WatchEvent } from "../../../../src/store/kubernetes/client.ts";
import { systemClock as clock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";

const log = createLog({ level: "silent" });

function anObject(uid: string, resourceVersion: string): KubernetesObject {
  const labels = { "ci.alice.cern.ch/pool": "o2" };
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "o2", uid, resourceVersion, labels } };
}

/** An informer of an API server with the events of the test. */
function anInformer(items: readonly KubernetesObject[]) {
  const end = new AbortController();
  const waiting: WatchEvent[] = [];
  let wake = () => {};
  const client: Pick<KubernetesClient, "pages" | "watch"> = {
    async *pages() {
      yield { resourceVersion: "1", items };
    },
    async *watch(_resource, { onOpen }, signal) {
      onOpen?.();
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
  let changed = Promise.withResolvers<void>();
  const world = { client: client as KubernetesClient, clock, log, signal: end.signal };
  const informer = createInformer(world, statefulSets, readOwned, () => changed.resolve());
  return {
    informer,
    /** Sends a watch event and waits for the informer's change. */
    async send(type: WatchEvent["type"], object: KubernetesObject) {
      changed = Promise.withResolvers();
      waiting.push({ type, object });
      wake();
      await changed.promise;
    },
    end: () => end.abort(),
  };
}

function owned(object: KubernetesObject) {
  const read = readOwned(object);
  if (read === undefined) throw new Error("not owned");
  return read;
}

describe("an informer", () => {
  let end = () => {};
  afterEach(() => end());

  it("does not show a deleted object again when the reply to an earlier write arrives late", async () => {
    const made = anInformer([anObject("a", "1")]);
    end = made.end;
    await made.informer.synced;
    await made.send("DELETED", anObject("a", "3"));
    made.informer.put(owned(anObject("a", "2")));
    expect(made.informer.get("o2")).toBeUndefined();
    expect(made.informer.of("o2")).toEqual([]);
  });

  it("shows the result of a write before the watch does, and a later object of the same name", async () => {
    const made = anInformer([anObject("a", "1")]);
    end = made.end;
    await made.informer.synced;
    made.informer.put(owned(anObject("a", "2")));
    expect(made.informer.get("o2")?.metadata.resourceVersion).toBe("2");
    await made.send("DELETED", anObject("a", "3"));
    made.informer.put(owned(anObject("b", "4")));
    expect(made.informer.get("o2")?.metadata.uid).toBe("b");
  });
});
