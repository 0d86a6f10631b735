import { afterAll, beforeAll } from "vitest";
import { anE2ECluster, commandsOf } from "./cluster.ts";
import { home } from "./installChart.ts";
import { waitFor } from "./waitFor.ts";

const volumeName = "piece";
/** The group of builder pods. The kubelet does not change the group of a volume that another pod already uses. */
const group = 65_000;

/**
 * Creates volumes for the claims of a pool's builders, one for each ordinal, and returns their storage class.
 * Tests can fill these volumes to the last byte without using the disk: each is the memory volume of an idle pod.
 * Call this in a `describe` before the scenario: the volumes must be deleted after the pool.
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
    await apply(...volumes.map(({ name, size }) => holderPod(name, size, cluster.images.cell)));
    for (const { name, claim } of volumes) {
      const [node, uid] = await waitFor(`${name} to run`, async () => {
        const path = "jsonpath={.status.phase} {.spec.nodeName} {.metadata.uid}";
        const [phase, ...place] = (await kubectl("get", "pod", name, "-o", path)).split(" ");
        return phase === "Running" && place;
      });
      const path = `${cluster.kubeletFolder}/pods/${uid}/volumes/kubernetes.io~empty-dir/${volumeName}`;
      await apply(localVolume({ name, claim, storageClassName, path, node }));
    }
  });
  afterAll(async () => {
    const names = volumes.map(({ name }) => name);
    await kubectl("delete", "persistentvolume", "--ignore-not-found", "--wait=false", ...names);
    await kubectl("delete", "pod", "--ignore-not-found", "--wait=false", ...names);
  });
  return storageClassName;
}

function holderPod(name: string, sizeLimit: string, image: string): object {
  const container = {
    name: "holder",
    image,
    command: ["sleep", "infinity"],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: volumeName, mountPath: "/held" }],
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
      volumes: [{ name: volumeName, emptyDir: { medium: "Memory", sizeLimit } }],
    },
  };
}

function localVolume(options: {
  name: string;
  claim: string;
  storageClassName: string;
  path: string;
  node: string | undefined;
}): object {
  const onNode = { key: "kubernetes.io/hostname", operator: "In", values: [options.node] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: options.name },
    spec: {
      storageClassName: options.storageClassName,
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
      persistentVolumeReclaimPolicy: "Retain",
      local: { path: options.path },
      claimRef: { namespace: home, name: options.claim },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}
