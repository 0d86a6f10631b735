import { expect, it, onTestFinished } from "vitest";
import { poolLabel, revisionLabel } from "../../../src/api/group.ts";
import type { Manifest } from "../../../src/core/pool/manifest/manifest.ts";
import { watchPossessions } from "../../../src/operator/cluster/possessions.ts";
import type { KubernetesClient, KubernetesObject } from "../../../src/store/kubernetes/client.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aPool } from "../pool/world.ts";

const setting = {
  builderImage: "builder:1",
  pullSecrets: [],
  logs: { url: "http://logs", publicUrl: "http://logs", audience: "logs" },
};

it("a pool whose pods cannot be made any more is scaled down all the same, at the template that runs", async () => {
  const template = {
    metadata: { labels: { [revisionLabel]: "before" }, annotations: {} },
    spec: { hostname: "before" },
  };
  const there: KubernetesObject = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "o2", uid: "set", resourceVersion: "1", labels: { [poolLabel]: "o2" } },
    spec: { replicas: 2, template },
  };
  const applied: Manifest[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const client: Pick<KubernetesClient, "namespace" | "pages" | "watch" | "get" | "apply"> = {
    namespace: "ci",
    async *pages({ kind }) {
      yield { resourceVersion: "1", items: kind === there.kind ? [there] : [] };
    },
    async *watch(_resource, { onOpen }, signal) {
      onOpen?.();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    get: async () => undefined,
    async apply(_resource, object) {
      applied.push(object);
      return { ...object, metadata: { ...object.metadata, uid: object.kind, resourceVersion: "2" } };
    },
  };
  const log = createLog({ level: "silent" });
  const possessions = watchPossessions(
    { client: client as KubernetesClient, setting, clock, log, signal: end.signal },
    () => {},
  );
  await possessions.synced;
  const pool = aPool({
    architecture: "slc9_x86-64",
    template: { volumeMounts: [{ name: "none", mountPath: "/none" }] },
  });
  await possessions.apply(
    { ...pool, metadata: { ...pool.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
    0,
    "before",
  );
  expect(applied.at(-1)).toMatchObject({ kind: "StatefulSet", spec: { replicas: 0, template } });
});
