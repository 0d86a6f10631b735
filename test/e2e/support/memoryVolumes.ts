import { afterAll, beforeAll } from "vitest";
import { anE2ECluster, commandsOf } from "./cluster.ts";
import { home } from "./installChart.ts";
import { waitFor } from "./waitFor.ts";

const held = "piece";
/** Of the pods of builders: one that is held already is not given to another. */
const group = 65_000;

/**
 * Volumes for the claims of a pool's builders, ordinal by ordinal, that can be filled to the last byte and take no disk: each is the memory
 * of a pod that does nothing else. Called in a `describe`, before its scenario, so that they go after the pool. Returns their storage class.
 */
export function memoryVolumes(pool: string, sizes: readonly string[]): string {
  const cluster = anE2ECluster();
  const { apply, kubectl } = commandsOf(cluster.kubeconfig, `--namespace=${home}`);
  const storageClassName = `${pool}-memory`;
  const volumes = sizes.map((size, ordinal) => ({
    name: `${pool}-volume-${ordinal}`,
    size,
    claim: `data-${pool}-${ordinal}`,
  }));

  beforeAll(async () => {
    await apply(...volumes.map(({ name, size }) => holder(name, size, cluster.images.cell)));
    for (const { name, claim } of volumes) {
      const [node, uid] = await waitFor(`${name} to run`, async () => {
        const path = "jsonpath={.status.phase} {.spec.nodeName} {.metadata.uid}";
        const [phase, ...place] = (await kubectl("get", "pod", name, "-o", path)).split(" ");
        return phase === "Running" && place;
      });
      const path = `${cluster.kubeletFolder}/pods/${uid}/volumes/kubernetes.io~empty-dir/${held}`;
      await apply(volume({ name, claim, storageClassName, path, node }));
    }
  });
  afterAll(async () => {
    const names = volumes.map(({ name }) => name);
    await kubectl("delete", "persistentvolume", "--ignore-not-found", "--wait=false", ...names);
    await kubectl("delete", "pod", "--ignore-not-found", "--wait=false", ...names);
  });
  return storageClassName;
}

function holder(name: string, sizeLimit: string, image: string): object {
  const container = {
    name: "holder",
    image,
    command: ["sleep", "infinity"],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: held, mountPath: "/held" }],
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: group,
        fsGroup: group,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container],
      volumes: [{ name: held, emptyDir: { medium: "Memory", sizeLimit } }],
    },
  };
}

function volume(of: {
  name: string;
  claim: string;
  storageClassName: string;
  path: string;
  node: string | undefined;
}): object {
  const onNode = { key: "kubernetes.io/hostname", operator: "In", values: [of.node] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: of.name },
    spec: {
      storageClassName: of.storageClassName,
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
      persistentVolumeReclaimPolicy: "Retain",
      local: { path: of.path },
      claimRef: { namespace: home, name: of.claim },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}
