import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { admissionPoliciesOf } from "../../../src/core/install/admission.ts";
import { operatorRules } from "../../../src/core/pool/manifest/rights.ts";
import type { KubernetesClient, Resource } from "../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../../../src/store/kubernetes/kubernetes.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from "../../support/cluster/controlPlane/controlPlane.ts";
import { applyManifests, kubectl } from "../../support/cluster/kubectl.ts";

const root = join(import.meta.dirname, "../../..");
const log = createLog({ level: "silent" });
const account: Resource = { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };

/** Public address of the installation's logs. */
export const logsUrl = "http://logs";

/** A user of the API server: a kubeconfig and its clients. */
export interface User {
  readonly kubeconfig: string;
  readonly client: KubernetesClient;
  readonly store: ObjectStore;
}

/** One namespace as installed by the chart: CRDs, the operator's account and rights, the admission policies. */
export interface Installation {
  readonly namespace: string;
  /** A user with all rights. */
  readonly admin: User;
  /** A user with the operator's rights. */
  readonly operator: User;
  /** The same installation with another kubeconfig for the operator. */
  over(kubeconfig: string): Promise<Installation>;
  /** A user with a token of a service account. With `pod` the token is bound to the pod, as kubelet's tokens are. */
  as(account: string, pod?: { readonly name: string; readonly uid: string }): Promise<User>;
}

/** A control plane for the tests of one file, by default without nodes. */
export interface TestCluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** Installs into a namespace. Hosts may request tokens for these audiences of the API server. */
  install(namespace: string, apiAudiences?: readonly string[]): Promise<Installation>;
}

export async function aCluster(options: ControlPlaneOptions = {}): Promise<TestCluster> {
  const plane = await startControlPlane({ controllers: true, ...options });
  const folder = await mkdtemp(join(tmpdir(), "builderpool-cluster-"));
  await applyManifests(plane.kubeconfig, [join(root, "crds")]);

  async function somebody(kubeconfig: string, namespace: string): Promise<User> {
    const client = createKubernetesClient(await accessFromKubeConfig(kubeconfig, clock), namespace);
    return { kubeconfig, client, store: createKubernetesStore({ client, clock, log }) };
  }

  return {
    plane,
    async install(namespace, apiAudiences = ["https://kubernetes.default.svc.cluster.local", "k3s"]) {
      await kubectl(plane.kubeconfig, ["apply", "-f", "-"], installed(namespace, apiAudiences));
      const admin = await somebody(plane.kubeconfig, namespace);

      async function as(name: string, pod?: { readonly name: string; readonly uid: string }): Promise<User> {
        const boundObjectRef = pod && { apiVersion: "v1", kind: "Pod", ...pod };
        const request = await admin.client.create(
          account,
          {
            apiVersion: "authentication.k8s.io/v1",
            kind: "TokenRequest",
            metadata: { name },
            spec: { expirationSeconds: 7200, ...(boundObjectRef && { boundObjectRef }) },
          },
          "token",
        );
        const { token } = request["status"] as { readonly token: string };
        const file = join(folder, `${namespace}-${name}-${pod?.uid ?? "unbound"}`);
        await writeFile(file, await withToken(plane.kubeconfig, token), { mode: 0o600 });
        return somebody(file, namespace);
      }

      const installation = { namespace, admin, operator: await as("builderpool"), as };
      async function over(kubeconfig: string): Promise<Installation> {
        return { ...installation, operator: await somebody(kubeconfig, namespace), over };
      }
      return { ...installation, over };
    },
    async [Symbol.asyncDispose]() {
      await plane.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function installed(namespace: string, apiAudiences: readonly string[]): string {
  const metadata = { name: "builderpool", namespace };
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules: operatorRules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name: "builderpool" },
      subjects: [{ kind: "ServiceAccount", name: "builderpool", namespace }],
    },
    ...admissionPoliciesOf({
      name: `builderpool-${namespace}`,
      namespace,
      logsUrl,
      logsAudience: "builderpool-logs",
      apiAudiences: apiAudiences.map((each) => `'${each}',`).join(""),
      operator: "builderpool",
    }),
  ]
    .map((object) => stringify(object, { aliasDuplicateObjects: false }))
    .join("---\n");
}

async function withToken(kubeconfig: string, token: string): Promise<string> {
  const config = parse(await readFile(kubeconfig, "utf8"));
  return JSON.stringify({ ...config, users: [{ name: config.users[0].name, user: { token } }] });
}
