import { describe, expect, it } from "vitest";
import { anE2ECluster } from "../support/cluster.ts";
import { startGitHub } from "../support/github.ts";
import { aNamespace } from "../support/namespace.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a test cluster", () => {
  const cluster = anE2ECluster();
  const namespace = aNamespace(cluster, "smoke");
  const inPod = (script: string) => namespace.kubectl("exec", "worker", "--", "sh", "-ec", script);

  it("has only ready nodes", async () => {
    const path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}";
    expect(await cluster.kubectl("get", "nodes", "-o", path)).toMatch(/^True( True)*$/);
  });

  it("runs a pod of the cell image with a volume of the pod's group", async () => {
    await namespace.apply(claim, pod(cluster.images.cell), service);
    await waitFor("the pod to be ready", async () => {
      const path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
      return (await namespace.kubectl("get", "pod", "worker", "-o", path)) === "True";
    });
    expect(await namespace.kubectl("get", "pvc", "work", "-o", "jsonpath={.status.phase}")).toBe("Bound");
    expect(await inPod("cd /data/work && echo kept > file && stat -c '%u %g' file && stat -c '%g' .")).toBe(
      "65002 65000\n65000",
    );
  });

  it("serves the log of a pod", async () => {
    await waitFor("the log of the pod", async () => (await namespace.kubectl("logs", "worker")).includes("at work"));
  });

  it("compiles in the cell image, and installs aliBuild without a network", async () => {
    const script = `cd /data/work
echo 'int main() { return 7; }' > seven.cc && g++ seven.cc -o seven && ./seven || echo $?
export HOME=/data/work TMPDIR=/data/work
python3 -m venv tools && tools/bin/pip install --quiet --no-cache-dir alibuild==1.17.44 && tools/bin/aliBuild version`;
    expect(await inPod(script)).toMatch(/^7\n.*1\.17\.44/);
  });

  it("resolves service names in a pod", async () => {
    const open = `python3 -c "import urllib.request as u; print(u.urlopen('http://worker.${namespace.name}.svc:8000/file').read().decode())"`;
    await waitFor("the service to answer", async () => (await inPod(open)).includes("kept"));
    const named = `python3 -c "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"`;
    expect(await inPod(named)).toBe(
      await cluster.kubectl("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}"),
    );
  });

  it("lets a pod reach the GitHub stand-in of a test", async () => {
    const github = await startGitHub(cluster);
    try {
      const ask = `python3 -c "import urllib.request as u; print(u.urlopen('${github.apiUrl}/rate_limit').read().decode())"`;
      expect(JSON.parse(await inPod(ask))).toHaveProperty("resources.core.remaining");
    } finally {
      await github.close();
    }
  });
});

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "work" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "worker" },
  spec: { selector: { app: "worker" }, ports: [{ port: 8000 }] },
};

/** Has the same restrictions as a cell. */
function pod(image: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "worker", labels: { app: "worker" } },
    spec: {
      terminationGracePeriodSeconds: 0,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65002,
        runAsGroup: 65000,
        fsGroup: 65000,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "worker",
          image,
          command: ["sh", "-c", "echo at work; cd /data/work; exec python3 -m http.server 8000"],
          readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "data", mountPath: "/data/work", subPath: "work" }],
        },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "work" } }],
    },
  };
}
