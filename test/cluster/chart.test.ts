import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createHttpLogStore } from "../../src/logs/stores/http.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { helm } from "../support/cluster/helm.ts";
import { kubectl } from "../support/cluster/kubectl.ts";
import { until } from "../support/cluster/until.ts";
import { endLogService, startLogService } from "../support/logs/logService.ts";
import { aBuild } from "../support/objects/build.ts";
import { claimed } from "../support/objects/inHands.ts";
import { chart, everything, nowhere, rendered, settings } from "./support/chart.ts";

const project = resolve(import.meta.dirname, "../..");
describe("the chart", () => {
  it("passes helm lint", async () => {
    await helm(nowhere, ["lint", "--strict", chart]);
    // `helm lint` knows no kinds of Prometheus.
    const withoutPrometheus = ["--set", "monitoring.podMonitor=false,monitoring.rules=false"];
    await helm(nowhere, ["lint", "--strict", chart, ...settings, ...withoutPrometheus]);
  });

  it.each([
    ["logs.keep=soon", "/logs/keep"],
    ["logs.volumes.size=1Gi", "volumes"],
    ["operator.replicas=0", "/operator/replicas"],
    ["network.egress[0].cidr=example.org", "/network/egress/0/cidr"],
    ["logs.publicUrl=https://x'y", "/logs/publicUrl"],
    ["logs.publicUrl=ci.example.org", "/logs/publicUrl"],
    ["images.pullSecrets[0]=pull", "/images/pullSecrets/0"],
  ])("refuses %s, and names the place", async (value, place) => {
    await expect(rendered("--set", value)).rejects.toThrow(place);
  });

  it.each([
    ["logs.ingress.enabled=true", "logs.ingress.host is missing"],
    ["logs.enabled=false", "logs.url is missing"],
    ["network.egress[0].cidr=192.0.2.0/24", "network.apiServer is missing"],
    ["monitoring.rules=true", "monitoring.rules is true, but the cluster has no PrometheusRule"],
    ["monitoring.podMonitor=true", "set monitoring.podMonitor to false"],
  ])("requires the setting that %s needs", async (value, sentence) => {
    await expect(rendered("--set", value)).rejects.toThrow(sentence);
  });

  it.each([
    [[], "http://builderpool-logs.ci.svc", "http://builderpool-logs.ci.svc"],
    [["logs.ingress.enabled=true", "logs.ingress.host=h"], "http://builderpool-logs.ci.svc", "http://h"],
    [
      ["logs.ingress.enabled=true", "logs.ingress.host=h", "logs.ingress.tlsSecret=s"],
      "http://builderpool-logs.ci.svc",
      "https://h",
    ],
    [["logs.url=http://10.0.0.1", "logs.publicUrl=https://p/x"], "http://10.0.0.1", "https://p/x"],
    [["logs.enabled=false", "logs.url=http://other"], "http://other", "http://other"],
  ])("with %j sets the operator's addresses for writing and opening logs", async (values, url, publicUrl) => {
    const objects = await rendered(...values.flatMap((value) => ["--set", value]));
    const text = JSON.stringify(
      objects.find(({ kind, metadata }) => kind === "Deployment" && /operator/.test(metadata.name)),
    );
    expect(text).toContain(`{"name":"BUILDERPOOL_LOGS_URL","value":"${url}"}`);
    expect(text).toContain(`{"name":"BUILDERPOOL_LOGS_PUBLIC_URL","value":"${publicUrl}"}`);
  });

  it("renders every requested object", async () => {
    const kinds = (await rendered(...everything)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["Ingress", "PodMonitor", "PrometheusRule", "ConfigMap"]));
    const plain = (await rendered()).map(({ kind }) => kind);
    expect(plain).not.toEqual(expect.arrayContaining(["Ingress"]));
    expect(plain).not.toEqual(expect.arrayContaining(["PodMonitor"]));
  });
});

describe("the pods of the chart", () => {
  const podsOf = async (...args: string[]) =>
    (await rendered(...args)).filter(({ kind }) => kind === "Deployment").map(({ spec }) => JSON.stringify(spec));

  it("have the additional variables, volumes, labels and annotations of the values", async () => {
    const [logs, operator] = await podsOf(...everything);
    expect(operator).toContain('{"name":"EXTRA","value":"more"}');
    expect(operator).toContain('"annotations":{"note":"yes"}');
    expect(operator).toContain('"team":"ci"');
    for (const pod of [logs, operator]) {
      expect(pod).toContain('{"mountPath":"/extra","name":"extra"}');
      expect(pod).toContain('{"name":"extra"}');
    }
  });

  it("use an existing ServiceAccount, and the chart then creates none", async () => {
    const objects = await rendered(...everything);
    const accounts = objects.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name);
    expect(accounts).toEqual(["builderpool-operator"]);
    expect((await podsOf(...everything))[0]).toContain('"serviceAccountName":"existing"');
    const bound = objects.filter(({ kind, metadata }) => /Binding$/.test(kind) && /logs$/.test(metadata.name));
    expect(bound.map((binding) => JSON.stringify(binding["subjects"]))).toEqual(
      Array(2).fill('[{"kind":"ServiceAccount","name":"existing","namespace":"ci"}]'),
    );
  });

  it("keep the labels that select them", async () => {
    const [logs] = await podsOf("--set", "logs.podLabels.app\\.kubernetes\\.io/component=other");
    expect(logs).not.toContain("other");
  });

  it("have names after fullnameOverride, without the name of the release", async () => {
    const objects = await rendered("--set", "fullnameOverride=ours");
    const names = objects.map(({ metadata }) => metadata.name).filter((name) => !name.includes(".alice."));
    expect(names.filter((name) => !/\bours\b/.test(name) && !name.startsWith("builderpool-ci-"))).toEqual([]);
    expect((await podsOf("--set", "fullnameOverride=ours")).join()).toContain("http://ours-logs.ci.svc");
  });
});

describe("the chart, installed", () => {
  let plane: ControlPlane;
  let folder: string;
  const run = (...args: string[]) => kubectl(plane.kubeconfig, ["--namespace", "ci", ...args]);
  const names = async (kind: string) => (await run("get", kind, "-o", "name")).split("\n").filter(Boolean);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "chart-"));
    plane = await startControlPlane({ controllers: true });
    await run("create", "namespace", "ci");
    await run("label", "namespace", "ci", "pod-security.kubernetes.io/enforce=restricted");
    await helm(plane.kubeconfig, ["install", "builderpool", chart, "--namespace", "ci"]);
  }, 1_800_000);
  afterAll(async () => {
    await plane?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("has pods that a namespace with restricted security admits", async () => {
    await until("all pods are made", async () => (await names("pods")).length === 3);
    expect(await run("get", "pods", "-o", "jsonpath={.items[*].metadata.labels.app\\.kubernetes\\.io/component}")).toBe(
      "logs operator operator",
    );
  });

  it("accepts valid pools, and refuses invalid ones", async () => {
    await run("apply", "-f", join(project, "examples"));
    expect((await names("builderpools")).toSorted()).toEqual(
      ["dataflow", "o2-slc9", "staging"].map((name) => `builderpool.ci.alice.cern.ch/${name}`),
    );
    const both = ["--type=merge", "-p", JSON.stringify({ spec: { logs: { directory: "/x", s3: bucket } } })];
    await expect(run("patch", "builderpool", "o2-slc9", ...both)).rejects.toThrow(
      "directory and s3 are both set: keep one of them",
    );
  });

  it("lets viewers read, and editors change pools but neither Builds nor any status", async () => {
    for (const role of ["view", "edit"])
      await run("create", "rolebinding", role, `--clusterrole=${role}`, `--user=${role}er`);
    const can = async (user: string, verb: string, resource: string, ...more: string[]) =>
      (await run("auth", "can-i", verb, resource, "--as", user, ...more).catch(() => "no")).trim();
    await until(
      "the controller aggregates the roles",
      async () => (await can("editer", "patch", "builderpools")) === "yes",
    );
    const rightsOf = (user: string) =>
      Promise.all([
        can(user, "get", "builds"),
        can(user, "patch", "builderpools"),
        can(user, "patch", "builders"),
        can(user, "patch", "builds"),
        can(user, "patch", "builders", "--subresource=status"),
      ]);
    expect(await rightsOf("viewer")).toEqual(["yes", "no", "no", "no", "no"]);
    expect(await rightsOf("editer")).toEqual(["yes", "yes", "yes", "no", "no"]);
  });

  it("lets kubectl scale a pool by its short resource name", async () => {
    await run("scale", "builderpool", "o2-slc9", "--replicas=3");
    expect(await run("get", "bp", "o2-slc9", "-o", "jsonpath={.spec.instances}")).toBe("3");
  });

  it("gives the log service the rights to review tokens and list Builds: only holders of a Build may write", async () => {
    const token = async (account: string, ...args: string[]) =>
      (await run("create", "token", account, "--audience=builderpool-logs", ...args)).trim();
    await run("create", "serviceaccount", "o2-builder");
    await kubectl(plane.kubeconfig, ["--namespace", "ci", "apply", "-f", "-"], JSON.stringify(aPod("o2-0")));
    const bound = ["--bound-object-kind=Pod", "--bound-object-name=o2-0"];
    const [builder, loose] = [await token("o2-builder", ...bound), await token("o2-builder")];

    const { clusters } = parse(await readFile(plane.kubeconfig, "utf8"));
    const { server, "certificate-authority-data": authority } = clusters[0].cluster;
    await writeFile(join(folder, "ca.crt"), Buffer.from(authority, "base64"));
    const service = await startLogService(
      folder,
      server,
      { NODE_EXTRA_CA_CERTS: join(folder, "ca.crt") },
      (await run("create", "token", "builderpool-logs")).trim(),
    );
    const build = {
      apiVersion: "ci.alice.cern.ch/v1alpha1",
      kind: "Build",
      metadata: {
        name: "o2-1",
        namespace: "ci",
        labels: { "ci.alice.cern.ch/pool": "o2", "ci.alice.cern.ch/pull-request": "1" },
      },
      spec: aBuild({ check: "c", commit: "0".repeat(40) }).spec,
    };
    await kubectl(plane.kubeconfig, ["--namespace", "ci", "apply", "-f", "-"], JSON.stringify(build));
    const { status } = claimed(aBuild(build.spec), "o2-0");
    const send = async (bearer: string) => {
      const path = `o/r/1/${"0".repeat(40)}/c/fullLog.txt`;
      const store = createHttpLogStore({ putUrl: service.address, url: service.address, token: async () => bearer });
      return await store.put(path, Buffer.from("a log"), "text/plain").then(
        () => "taken",
        (error: Error) => /answered (\d+)/.exec(error.message)?.[1] ?? error.message,
      );
    };
    try {
      expect(await send(builder)).toBe("403");
      const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
      // An admission policy reads the pools. It refuses all writes until the API server has discovered the new CRD.
      await until("the API server knows the kind of the pools", () =>
        run("patch", "build", "o2-1", ...patch).then(
          () => true,
          (error: Error) => {
            if (error.message.includes("failed to find resource referenced by paramKind")) return false;
            throw error;
          },
        ),
      );
      expect(await send(builder)).toBe("taken");
      expect(await send(loose)).toBe("403");
      expect(await send(await token("builderpool-operator"))).toBe("403");
      expect(await send((await run("create", "token", "o2-builder")).trim())).toBe("401");
      await run("delete", "pod", "o2-0", "--force", "--grace-period=0");
      await until("the token of a pod that is gone counts no more", async () => (await send(builder)) === "401");
    } finally {
      await endLogService(service, "SIGTERM");
    }
  });

  it("adds a new field with an upgrade, and deletes no pool", async () => {
    const next = join(folder, "next");
    await cp(chart, next, { recursive: true });
    const file = join(next, "templates/crds/builderpools.yaml");
    const text = await readFile(file, "utf8");
    const field = text.replace(/^( +)silent:\n/m, "$1loud:\n$1  type: boolean\n$1silent:\n");
    expect(field).not.toBe(text);
    await writeFile(file, field);
    await helm(plane.kubeconfig, ["upgrade", "builderpool", next, "--namespace", "ci"]);
    await until("the new field is served", async () => {
      await run("patch", "builderpool", "staging", "--type=merge", "-p", '{"spec":{"loud":true}}');
      return (await run("get", "builderpool", "staging", "-o", "jsonpath={.spec.loud}")) === "true";
    });
    expect(await names("builderpools")).toHaveLength(3);
  });

  it("keeps pools and logs when it is uninstalled, and uses them after a new installation", async () => {
    await helm(plane.kubeconfig, ["uninstall", "builderpool", "--namespace", "ci"]);
    expect(await names("deployments")).toEqual([]);
    expect(await names("persistentvolumeclaims")).toEqual(["persistentvolumeclaim/builderpool-logs"]);
    expect(await names("builderpools")).toHaveLength(3);
    await helm(plane.kubeconfig, ["install", "builderpool", chart, "--namespace", "ci"]);
    expect(await names("deployments")).toHaveLength(2);
  });
});

const bucket = { endpoint: "https://s3.example.org", bucket: "logs", secretRef: { name: "s3" } };

function aPod(name: string): object {
  const security = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const pod = { runAsNonRoot: true, runAsUser: 65001, seccompProfile: { type: "RuntimeDefault" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      serviceAccountName: "o2-builder",
      securityContext: pod,
      containers: [{ name: "builder", image: "none", securityContext: security }],
    },
  };
}
