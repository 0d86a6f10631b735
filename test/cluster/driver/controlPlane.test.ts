import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, it } from "vitest";
import { startControlPlane } from "../../support/cluster/controlPlane/controlPlane.ts";
import { kwokProgram } from "../../support/cluster/controlPlane/kwok.ts";
import { applyManifests, kubectl } from "../../support/cluster/kubectl.ts";
import { exists } from "../../support/cluster/programs/cache.ts";
import { until } from "../../support/cluster/until.ts";

const crds = resolve(import.meta.dirname, "../../../crds");

beforeAll(kwokProgram, 1_800_000);

describe("a control plane for tests", () => {
  it("accepts and serves builderpool's CRDs", async () => {
    await using plane = await startControlPlane();
    await applyManifests(plane.kubeconfig, [crds]);
    expect(await kubectl(plane.kubeconfig, ["get", "builderpools,builders,builds", "--all-namespaces"])).toBe("");
  });

  it("ends with its owner, even after a kill of the owner", async () => {
    const program = `import { startControlPlane } from ${JSON.stringify(resolve(import.meta.dirname, "../../support/cluster/controlPlane/controlPlane.ts"))};
console.log((await startControlPlane()).kubeconfig);
setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [kubeconfig] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
    expect(await kubectl(kubeconfig, ["get", "--raw", "/livez"])).toBe("ok");
    owner.kill("SIGKILL");
    await until("the API server is gone", async () => {
      return kubectl(kubeconfig, ["get", "--raw", "/livez"]).then(
        () => false,
        () => true,
      );
    });
    await using next = await startControlPlane();
    expect(next.kubeconfig).not.toBe(kubeconfig);
    expect(await exists(kubeconfig)).toBe(false);
  });

  it("simulates nodes and pods, with claims and drains", async () => {
    await using plane = await startControlPlane({ controllers: true, kwok: true });
    const ask = (...args: string[]) => kubectl(plane.kubeconfig, args);
    const apply = (...items: object[]) =>
      kubectl(plane.kubeconfig, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await apply(...["z1", "z2"].map(fakeNode), workers);
    await ask("rollout", "status", "statefulset/workers", "--timeout=120s");
    expect(await ask("get", "persistentvolumeclaims", "-o", "jsonpath={.items[*].status.phase}")).toBe("Bound Bound");

    await ask("annotate", "pod", "workers-1", "test.builderpool/drains-for=1h");
    await ask("delete", "pod", "workers-1", "--wait=false");
    expect(await ask("get", "pod", "workers-1", "-o", "jsonpath={.metadata.deletionTimestamp}")).not.toBe("");
    await ask("annotate", "pod", "workers-1", "test.builderpool/drains-for-");
    await ask("rollout", "status", "statefulset/workers", "--timeout=120s");
  });
});

function fakeNode(zone: string): object {
  const labels = { type: "kwok", "kubernetes.io/hostname": `fake-${zone}`, "topology.kubernetes.io/zone": zone };
  const annotations = { "kwok.x-k8s.io/node": "fake" };
  return { apiVersion: "v1", kind: "Node", metadata: { name: `fake-${zone}`, labels, annotations } };
}

const workers = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "workers" },
  spec: {
    replicas: 2,
    podManagementPolicy: "Parallel",
    selector: { matchLabels: { app: "workers" } },
    serviceName: "workers",
    template: {
      metadata: { labels: { app: "workers" }, annotations: { "test.builderpool/ready-after": "1s" } },
      spec: {
        initContainers: [
          { name: "capsule", image: "none" },
          { name: "cell", image: "none", restartPolicy: "Always" },
        ],
        containers: [{ name: "builder", image: "none", volumeMounts: [{ name: "work", mountPath: "/work" }] }],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "work" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
  },
};
