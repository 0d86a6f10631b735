import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubernetesClient, KubernetesObject } from "../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessInPod } from "../../../src/store/kubernetes/pod.ts";
import { resources } from "../../../src/store/kubernetes/resources.ts";
import { aBuilder } from "../../contract/objects.ts";
import { type ControlPlane, startControlPlane } from "../../support/cluster/controlPlane/controlPlane.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { fakeClock } from "../../support/fakeClock.ts";
import { installDefinitions, newNamespace } from "../../support/kubernetes/namespaces.ts";

const services = { apiVersion: "v1", kind: "Service", plural: "services" };
const accounts = { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
const roles = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", plural: "roles" };
const bindings = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings" };

let cluster: ControlPlane;
let admin: Awaited<ReturnType<typeof newNamespace>>;
let folder = "";
beforeAll(async () => {
  cluster = await startControlPlane();
  await installDefinitions(cluster.kubeconfig);
  admin = await newNamespace(cluster.kubeconfig);
  folder = mkdtempSync(join(tmpdir(), "account-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await cluster.close();
});

function named(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  name: string,
  rest: object = {},
): KubernetesObject {
  return { apiVersion, kind, metadata: { name }, ...rest };
}

/** A token of an account with the rights of the rule, as kubelet would get it. */
async function aToken(name: string, rule: object): Promise<string> {
  await admin.create(accounts, named(accounts, name));
  await admin.create(roles, named(roles, name, { rules: [rule] }));
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  await admin.create(bindings, named(bindings, name, { roleRef, subjects: [{ kind: "ServiceAccount", name }] }));
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: { name }, spec: {} };
  const { status } = await admin.create(accounts, request, "token");
  return (status as { token: string }).token;
}

/** A client as in a pod, and its clock. */
async function inPod(token: string): Promise<{ client: KubernetesClient; rotate(token: string): Promise<void> }> {
  const view = async (path: string) =>
    kubectl(cluster.kubeconfig, ["config", "view", "--raw", "-o", `jsonpath={.clusters[0].cluster.${path}}`]);
  writeFileSync(join(folder, "ca.crt"), Buffer.from(await view("certificate-authority-data"), "base64"));
  writeFileSync(join(folder, "namespace"), admin.namespace);
  writeFileSync(join(folder, "token"), token);
  const { hostname, port } = new URL(await view("server"));
  const clock = fakeClock();
  return {
    client: createKubernetesClient(accessInPod({ host: hostname, port, folder, clock })),
    async rotate(next) {
      writeFileSync(join(folder, "token"), next);
      await clock.advance(60_000);
    },
  };
}

describe("a pod", () => {
  it("reaches the API server with its account's token, and with the next token", async () => {
    const reader = await aToken("reader", { apiGroups: [""], resources: ["services"], verbs: ["list"] });
    const other = await aToken("other", { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["list"] });
    const { client, rotate } = await inPod(reader);

    expect((await client.list(services)).items).toEqual([]);
    const refusal = client.list(accounts);
    await expect(refusal).rejects.toMatchObject({
      code: "Forbidden",
      message: expect.stringMatching(/^the API server refused to list ServiceAccount \(403\): .*:reader" cannot list/),
    });
    await rotate(other);
    expect((await client.list(accounts)).items.map(({ metadata }) => metadata.name)).toContain("other");
  });

  it("gets an error without the token when its token is invalid", async () => {
    const { client } = await inPod("not.a.token");
    const refusal = client.get(services, "a");

    await expect(refusal).rejects.toMatchObject({
      code: "Unauthorized",
      message: expect.not.stringContaining("not.a.token"),
    });
  });
});

describe("the verbs on a real API server", () => {
  it("read a list of several pages completely, as one snapshot", async () => {
    const names = Array.from({ length: 600 }, (_, index) => `builder-${String(index).padStart(3, "0")}`);
    const manifests = names.map((name) =>
      JSON.stringify({ ...aBuilder(name), metadata: { name, namespace: admin.namespace } }),
    );
    await kubectl(cluster.kubeconfig, ["create", "-f", "-"], manifests.join("\n---\n"));
    const pages = [];
    for await (const page of admin.pages(resources.Builder)) {
      if (pages.length === 0) await admin.delete(resources.Builder, "builder-599");
      pages.push(page);
    }

    expect(pages.map(({ items }) => items.length)).toEqual([250, 250, 100]);
    expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    expect(pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.name))).toEqual(names);
    expect((await admin.list(resources.Builder)).items).toHaveLength(599);
  });

  it("apply fields, remove fields that are no longer applied, and keep fields of others", async () => {
    const port = (name: string, number: number) => ({ name, port: number });
    const service = (ports: object[], labels: object) =>
      ({ ...named(services, "o2", { spec: { ports } }), metadata: { name: "o2", labels } }) as KubernetesObject;
    await admin.apply(services, service([port("a", 1), port("b", 2)], { ours: "yes" }), "builderpool");
    await admin.merge(services, "o2", { metadata: { labels: { theirs: "yes" } } });
    const applied = await admin.apply(services, service([port("a", 1)], {}), "builderpool");

    expect(applied.metadata.labels).toEqual({ theirs: "yes" });
    expect(applied["spec"]).toMatchObject({ ports: [{ name: "a", port: 1, protocol: "TCP" }] });
  });

  it("fail for a kind that is not served, instead of an empty list", async () => {
    const unknown = { apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "Unknown", plural: "unknowns" };
    const expected = { code: "Unavailable", message: expect.stringContaining("CustomResourceDefinition") };

    await expect(admin.get(unknown, "a")).rejects.toMatchObject(expected);
    await expect(admin.list(unknown)).rejects.toMatchObject(expected);
  });

  it("delete only the object with the given UID", async () => {
    const { metadata } = await admin.create(resources.Lease, named(resources.Lease, "held", { spec: {} }));
    const another = "11111111-2222-4333-8444-555555555555";

    await expect(admin.delete(resources.Lease, "held", { uid: another })).rejects.toMatchObject({ code: "Conflict" });
    await admin.delete(resources.Lease, "held", { ...(metadata.uid !== undefined && { uid: metadata.uid }) });
    expect(await admin.get(resources.Lease, "held")).toBeUndefined();
  });
});
