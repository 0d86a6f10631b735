import { setTimeout as sleep } from "node:timers/promises";
import type { BuilderPhase } from "../../../src/api/objects/builder.ts";
import type { KubernetesObject, Resource } from "../../../src/store/kubernetes/client.ts";
import { retryOnConflict } from "../../../src/store/write.ts";
import type { Installation } from "./installation.ts";

export const pods: Resource = { apiVersion: "v1", kind: "Pod", plural: "pods" };

export interface Players extends AsyncDisposable {
  /** Builders that keep building during a drain. */
  readonly busy: Set<string>;
  /** Builders that never get warm. */
  readonly cold: Set<string>;
  /** Builders that write no status. */
  readonly mute: Set<string>;
  /** Whether the pod's Ready condition is set, as kubelet would. */
  showsReady: boolean;
}

/**
 * Simulates the builder of every pod: without nodes no container runs. A builder is warm as soon as its Builder exists,
 * and drains on request. A pod without a node disappears at its delete.
 */
export function playBuilders({ admin }: Installation): Players {
  const busy = new Set<string>();
  const cold = new Set<string>();
  const mute = new Set<string>();
  const end = new AbortController();

  async function play(): Promise<void> {
    while (!end.signal.aborted) {
      const { items } = await admin.client.list(pods).catch(() => ({ items: [] }));
      for (const pod of items) await act(pod).catch(() => {});
      await sleep(200);
    }
  }

  async function showReady(pod: KubernetesObject, ready: boolean): Promise<void> {
    const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
    if (JSON.stringify(pod["status"]).includes(`"Ready","status":"${ready ? "True" : "False"}"`)) return;
    await admin.client.merge(pods, pod.metadata.name, { status: { phase: "Running", conditions } }, "status");
  }

  async function act(pod: KubernetesObject): Promise<void> {
    const { metadata } = pod;
    const { name, uid = "", labels = {} } = metadata;
    const builder = await admin.store.get("Builder", name);
    if (builder === undefined || metadata.deletionTimestamp !== undefined || mute.has(name)) return;
    const revision = labels["ci.alice.cern.ch/revision"] ?? "";
    const phase = phaseOf(name, builder.spec.desired === "Drain", builder.status?.phase);
    if (players.showsReady) await showReady(pod, phase === "Ready");
    if (builder.status?.phase === phase && builder.status.podUid === uid) return;
    const incarnation = `run-${uid}`;
    const warm = phase === "Ready" ? { warm: { incarnation, revision, at: new Date().toISOString() } } : {};
    const status = { phase, incarnation, revision, podUid: uid, ...warm };
    await retryOnConflict(admin.store, "Builder", name, (now) => ({ ...now, status }), "status");
  }

  function phaseOf(name: string, drains: boolean, now: BuilderPhase | undefined): BuilderPhase {
    if (cold.has(name)) return "Warming";
    if (!drains) return "Ready";
    return busy.has(name) || now === "Ready" ? "Draining" : "Drained";
  }

  const players: Players = {
    busy,
    cold,
    mute,
    showsReady: false,
    async [Symbol.asyncDispose]() {
      end.abort();
      await playing;
    },
  };
  const playing = play();
  return players;
}
