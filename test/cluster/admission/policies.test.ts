import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { builderRules } from "../../../src/core/pool/manifest/rights.ts";
import { secrets } from "../../../src/operator/cluster/resources.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../../../src/store/kubernetes/kubernetes.ts";
import { retryOnConflict } from "../../../src/store/write.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { aBuilderPod, inHands, isRefused, refusalOf, statusOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { pods } from "../support/players.ts";
import { aPool } from "../support/pools.ts";
import { until } from "../support/until.ts";

const policies = "validatingadmissionpolicies";

interface PolicyStatus {
  readonly observedGeneration?: number;
  readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] };
}

let cluster: TestCluster;
let installation: Installation;
let me: Awaited<ReturnType<typeof aBuilderPod>>;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("admission");
  me = await aBuilderPod(installation);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("the policies", () => {
  it("pass the API server's type check", async () => {
    const statuses = await until("the API server to have read them", async () => {
      const found = JSON.parse(await kubectl(installation.admin.kubeconfig, ["get", policies, "-o", "json"]));
      const { items } = found as { readonly items: readonly { readonly status?: PolicyStatus }[] };
      const read = items.flatMap(({ status }) => (status?.observedGeneration === undefined ? [] : [status]));
      return read.length === 5 && read;
    });
    expect(statuses.flatMap(({ typeChecking }) => typeChecking?.expressionWarnings ?? [])).toEqual([]);
  });
});

describe("a builder may", () => {
  it("write its own status, and create and renew its own Lease", async () => {
    const self = await builder("o2-0");
    await me.store.updateStatus("Builder", { ...self, status: { ...statusOf(self), message: "Here I am" } });
    const created = await me.store.create("Lease", aLease("o2-0"));
    await me.store.update("Lease", { ...created, spec: { holderIdentity: "another" } });
  });
});

describe("a builder may not", () => {
  const cheats: readonly (readonly [what: string, cheat: () => Promise<unknown>, sentence: string])[] = [
    [
      "write the status of another",
      async () => {
        const other = await builder("o2-1");
        return me.store.updateStatus("Builder", { ...other, status: { ...statusOf(other), phase: "Quarantined" } });
      },
      "its own Builder",
    ],
    [
      "write a status with another pod",
      async () => {
        const self = await builder("o2-0");
        return me.store.updateStatus("Builder", {
          ...self,
          status: { ...statusOf(self), podUid: me.uids.get("o2-1") },
        });
      },
      "status.podUid",
    ],
    [
      "block the deletion of its Lease with a finalizer",
      async () => {
        const lease = (await me.store.get("Lease", "o2-0")) ?? (await me.store.create("Lease", aLease("o2-0")));
        return me.store.update("Lease", {
          ...lease,
          metadata: { ...lease.metadata, finalizers: ["example.org/stay"] },
        });
      },
      "no finalizers",
    ],
    ["create a heartbeat for another", () => me.store.create("Lease", aLease("o2-1")), "its own Lease"],
    ["contend for the operator's Lease", () => me.store.create("Lease", aLease("builderpool")), "its own Lease"],
    [
      "write its own spec",
      async () => {
        const self = await builder("o2-0");
        return me.store.update("Builder", { ...self, spec: { ...self.spec, desired: "Drain" } });
      },
      "cannot update resource",
    ],
    ["change a pool", () => me.store.apply("BuilderPool", aPool("o2", { instances: 1 })), "cannot patch resource"],
    ["delete a pool", () => me.store.delete("BuilderPool", "o2"), "cannot delete resource"],
    ["read Secrets", () => me.client.list(secrets), "cannot list resource"],
    ["delete pods", () => me.client.delete(pods, "o2-1"), "cannot delete resource"],
  ];

  it.each(cheats)("%s", async (_what, cheat, sentence) => {
    expect(await refusalOf(cheat)).toContain(sentence);
  });

  it.each([
    ["more than 32 versions", Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`tool-${n}`, "1"]))],
    ["a version with a long name", { ["x".repeat(65)]: "1" }],
    ["a long version", { git: "x".repeat(201) }],
  ])("report %s", async (_what, versions) => {
    const self = await builder("o2-0");
    const write = me.store.updateStatus("Builder", { ...self, status: { ...statusOf(self), versions } });
    await expect(write).rejects.toThrow(/versions/);
  });

  it("link to the log service when its pool stores logs in a bucket", async () => {
    const { store } = installation.admin;
    const change = (logs: object) =>
      retryOnConflict(
        store,
        "BuilderPool",
        "o2",
        (pool) => ({ ...pool, spec: aPool("o2", { ...pool.spec, logs }).spec }),
        "object",
      );
    const s3 = { endpoint: "https://s3.example.org//", bucket: "logs", prefix: "ci/o2", secretRef: { name: "bucket" } };
    const link = (base: string) => () =>
      me.finishes((status) => {
        const { verdict } = status;
        if (verdict?.log === undefined) throw new Error("no log");
        return { ...status, verdict: { ...verdict, log: { ...verdict.log, url: `${base}/${verdict.log.path}` } } };
      });
    await change({ s3 });
    await until("the bucket to count", async () => (await refusalOf(link("http://logs"))) !== undefined);
    expect(await refusalOf(link("https://s3.example.org/logs/ci/o2"))).toBe(undefined);
    expect(await refusalOf(link("https://s3.example.org/logs/ci"))).toContain("verdict.log.url");
    expect(await refusalOf(link("https://s3.example.org.evil/logs/ci/o2"))).toContain("verdict.log.url");
    expect(await refusalOf(link("https://s3/logs/ci/o2"))).toContain("verdict.log.url");
    await change({ s3, url: "https://pages.example.org/o2/" });
    await until(
      "the public address to count",
      async () => (await refusalOf(link("https://pages.example.org/o2"))) === undefined,
    );
    expect(await refusalOf(link("https://s3.example.org/logs/ci/o2"))).toContain("verdict.log.url");
    const record = (logAddresses: readonly string[]) =>
      retryOnConflict(
        store,
        "BuilderPool",
        "o2",
        (pool) => ({ ...pool, status: { ...pool.status, logAddresses: [...logAddresses] } }),
        "status",
      );
    await record(["https://pages.example.org/o2", "https://s3.example.org/logs/ci/o2"]);
    const earlier = link("https://s3.example.org/logs/ci/o2");
    await until("an earlier address to count", async () => (await refusalOf(earlier)) === undefined);
    await record([]);
    await change({});
    await until("the log service to count", async () => (await refusalOf(link("http://logs"))) === undefined);
  });

  it("do anything with a token that is not bound to a pod", async () => {
    const stray = await installation.as("o2-builder");
    const build = await me.waiting();
    const status = inHands(build, "o2-0", "Claimed");
    expect(await isRefused(() => stray.store.updateStatus("Build", { ...build, status }))).toBe(true);
    expect(await isRefused(() => stray.store.create("Lease", aLease("o2-7")))).toBe(true);
  });
});

describe("an account of a tenant", () => {
  it("is not limited by its name", async () => {
    const tenant = await account("kaniko-builder", [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create", "update"] },
    ]);
    await tenant.store.create("Lease", aLease("kaniko"));
  });

  it("is not limited when it administers pools", async () => {
    const everything = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
    const tenant = await account("flux-builder", everything);
    await tenant.store.create("Lease", aLease("flux"));
    const held = await me.heldBy("o2-1", "Running");
    await tenant.store.updateStatus("Build", { ...held, status: { ...statusOf(held), step: "stopped" } });
  });

  it.each(["evil-builder", "villain", "x"])(
    "gains nothing with the rights of builders and the name %s",
    async (name) => {
      const pod = await aPodOf(name);
      const tenant = await account(name, builderRules, pod);
      const build = await me.waiting();
      const status = inHands(build, pod.name, "Claimed");
      expect(await refusalOf(() => tenant.store.updateStatus("Build", { ...build, status }))).toContain("its own pool");
      const other = await builder("o2-1");
      const write = () => tenant.store.updateStatus("Builder", { ...other, status: statusOf(other) });
      expect(await refusalOf(write)).toContain("its own Builder");
      expect(await refusalOf(() => tenant.store.create("Lease", aLease("builderpool")))).toContain("its own Lease");
    },
  );

  it("gains nothing with the rights of builders in a pod of another namespace", async () => {
    const elsewhere = await cluster.install("elsewhere");
    const stranger = await account("o2-builder", builderRules, undefined, elsewhere);
    const build = await me.waiting();
    const status = inHands(build, "o2-0", "Claimed");
    const client = createKubernetesStore({
      client: createKubernetesClient(await accessFromKubeConfig(stranger.kubeconfig, clock), installation.namespace),
      clock,
      log: createLog({ level: "silent" }),
    });
    expect(await refusalOf(() => client.updateStatus("Build", { ...build, status }))).toContain("its own pool");
  });

  /** A user of an account with these rules in the namespace of the installation. */
  async function account(
    name: string,
    rules: readonly object[],
    pod?: { readonly name: string; readonly uid: string },
    home: Installation = installation,
  ) {
    const { namespace } = installation;
    const role = `${home.namespace}-${name}`;
    const rbac = "rbac.authorization.k8s.io";
    const subjects = [{ kind: "ServiceAccount", name, namespace: home.namespace }];
    const roleRef = { apiGroup: rbac, kind: "Role", name: role };
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: home.namespace } },
      { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name: role, namespace }, rules },
      { apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata: { name: role, namespace }, roleRef, subjects },
    ];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await kubectl(installation.admin.kubeconfig, ["apply", "-f", "-"], list);
    return home.as(name, pod);
  }

  /** A pod of the account, without a node. */
  async function aPodOf(name: string) {
    const { client, kubeconfig } = installation.admin;
    const account_ = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace: installation.namespace },
    };
    await kubectl(kubeconfig, ["apply", "-f", "-"], JSON.stringify(account_));
    const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const { metadata } = await client.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `${name.replace("-builder", "")}-0` },
      spec: {
        serviceAccountName: name,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [{ name: "it", image: "it", securityContext: restricted }],
      },
    });
    return { name: metadata.name, uid: metadata.uid ?? "" };
  }
});

function aLease(name: string) {
  const metadata = { name };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: "me" } } as const;
}

async function builder(name: string): Promise<Stored<"Builder">> {
  const found = await me.store.get("Builder", name);
  if (found === undefined) throw new Error(`no Builder ${name}`);
  return found;
}
