import { describe, expect, it } from "vitest";
import { readPod } from "../../../../src/operator/cluster/pod.ts";
import type { KubernetesObject } from "../../../../src/store/kubernetes/client.ts";

const statefulSet = { apiVersion: "apps/v1", kind: "StatefulSet", name: "o2", uid: "s", controller: true };

function aPod(changes: { readonly metadata?: object; readonly status?: object } = {}): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "o2-3",
      uid: "u",
      resourceVersion: "1",
      labels: { "ci.alice.cern.ch/pool": "o2", "ci.alice.cern.ch/revision": "r1" },
      ownerReferences: [statefulSet],
      ...changes.metadata,
    },
    ...(changes.status && { status: changes.status }),
  };
}

const running = { name: "builder", state: { running: {} } };
const terminated = { name: "builder", state: { terminated: { exitCode: 0 } } };
const waits = (name: string, reason: string) => ({ name, image: "builder:1", state: { waiting: { reason } } });
const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };

describe("a pod", () => {
  it("is the builder of its ordinal at the revision in its label", () => {
    expect(readPod(aPod())?.pod).toEqual({
      name: "o2-3",
      pool: "o2",
      ordinal: 3,
      uid: "u",
      revision: "r1",
      terminating: false,
      ended: false,
    });
  });

  it.each([
    ["has failed", {}, { phase: "Failed" }, { ended: true }],
    ["was evicted", {}, { phase: "Failed", reason: "Evicted" }, { ended: true }],
    ["has a crashed builder that kubelet restarts", {}, { containerStatuses: [terminated] }, {}],
    ["is terminating and still builds", deleted, { containerStatuses: [running] }, { terminating: true }],
    [
      "is terminating with an exited builder and a running cell",
      deleted,
      { containerStatuses: [terminated, { name: "cell", state: { running: {} } }] },
      { terminating: true, ended: true },
    ],
    [
      "is on an unreachable node",
      deleted,
      { phase: "Running", reason: "NodeLost", containerStatuses: [running] },
      { terminating: true },
    ],
    ["was never scheduled", {}, { phase: "Pending" }, {}],
  ])("that %s has the state that kubelet reports", (_what, metadata, status, expected) => {
    const { terminating, ended } = readPod(aPod({ metadata, status }))?.pod ?? {};
    expect({ terminating, ended }).toEqual({ terminating: false, ended: false, ...expected });
  });

  it.each([
    [{ conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] }, "no node accepts it"],
    [{ initContainerStatuses: [waits("cell", "ImagePullBackOff")] }, "the image builder:1 cannot be pulled"],
    [{ initContainerStatuses: [waits("cell", "ErrImagePull")] }, "the image builder:1 cannot be pulled"],
    [{ containerStatuses: [waits("builder", "CrashLoopBackOff")] }, 'its container "builder" crashes repeatedly'],
    [
      { containerStatuses: [waits("builder", "CreateContainerConfigError")] },
      'its container "builder" cannot be created',
    ],
    [{ containerStatuses: [waits("builder", "PodInitializing")] }, undefined],
    [{ containerStatuses: [running] }, undefined],
  ])("names a stable reason why it does not start (%#)", (status, reason) => {
    expect(readPod(aPod({ status }))?.pod.startFailure).toBe(reason);
  });

  it.each([
    ["has another name", { name: "o2-probe" }],
    ["has another kind of controller", { ownerReferences: [{ ...statefulSet, kind: "Job" }] }],
    ["belongs to another StatefulSet", { ownerReferences: [{ ...statefulSet, name: "o3" }] }],
  ])("with only the pool's label that %s is ignored", (_what, metadata) => {
    expect(readPod(aPod({ metadata }))).toBeUndefined();
  });

  it("without a controller still belongs to the pool", () => {
    expect(readPod(aPod({ metadata: { ownerReferences: [] } }))?.pod.name).toBe("o2-3");
  });
});
