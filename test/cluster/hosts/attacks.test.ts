import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { finish, start } from "../../../src/core/build/claim.ts";
import { hostManifestsOf } from "../../../src/core/pool/host/manifests.ts";
import { rootAuthority } from "../../../src/core/pool/manifest/rights.ts";
import { ownedResource, secrets } from "../../../src/operator/cluster/resources.ts";
import type { Resource } from "../../../src/store/kubernetes/client.ts";
import { aBuild } from "../../support/objects/build.ts";
import { finding, holderIn, statusAfter } from "../../support/objects/inHands.ts";
import { inHands, logOf, refusalOf } from "../support/builderPod.ts";
import { aHost, createBuilder, createHosts, type Host, serviceAccounts, tokenRequest } from "../support/host.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { pods } from "../support/players.ts";
import { aPool, changePool, condition } from "../support/pools.ts";
import { until } from "../support/until.ts";

const month = 30 * 24 * 3600;
const configMaps: Resource = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };
const nodes: Resource = { apiVersion: "v1", kind: "Node", plural: "nodes" };
const roles: Resource = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", plural: "roles" };
const roleBindings: Resource = { ...roles, kind: "RoleBinding", plural: "rolebindings" };

let cluster: TestCluster;
let installation: Installation;
let me: Host;
let builds = 0;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("hosts");
  const { client } = installation.admin;
  for (const [name, use] of [
    ["grid", "cell"],
    ["other", "cell"],
    ["refused", undefined],
  ] as const) {
    const labels = use === undefined ? {} : { "ci.alice.cern.ch/use": use };
    await client.create(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, labels },
      stringData: { a: "b" },
    });
  }
  await using _operator = runOperator(installation);
  await createHosts(installation, ["mac01", "mac02"], { cellSecrets: [{ name: "grid" }] });
  me = await aHost(installation, "mac01");
  await changePool(installation, "mac", { cellSecrets: [{ name: "grid" }, { name: "refused" }] });
  await condition(installation, "mac", "DefinitionsValid", /SecretRefused/);
  await until("the Role of the host", () => refusalOf(() => me.store.list("Builder")).then((no) => no === undefined));
  await until("the policies to be in force", async () => (await refusalOf(() => claimFor("mac02"))) !== undefined);
  await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 0 }));
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function waiting(pool = "mac"): Promise<Stored<"Build">> {
  builds += 1;
  const build = aBuild({ number: builds, pool });
  return installation.admin.store.create("Build", { ...build, metadata: { name: `build-${builds}` } });
}

const write = (build: Stored<"Build">, status: BuildStatus) => me.store.updateStatus("Build", { ...build, status });

async function claimFor(builder: string, pool = "mac"): Promise<unknown> {
  const build = await waiting(pool);
  return write(build, inHands(build, builder, "Claimed"));
}

const token = (spec: object, account = me.account) =>
  me.client.create(serviceAccounts, tokenRequest(account, spec), "token");

describe("a host may", () => {
  it("report its own status, and create and renew its own Lease", async () => {
    const { status } = await me.report({ machine: "a".repeat(64) });
    expect(status).toMatchObject({ phase: "Ready", podUid: me.uid });
    const lease = await me.store.create("Lease", aLease("mac01"));
    await me.store.update("Lease", { ...lease, spec: { holderIdentity: "another" } });
  });

  it("claim, start and finish a Build of its pool", async () => {
    const build = await waiting();
    const held = await write(build, inHands(build, "mac01", "Claimed"));
    const running = await write(held, statusAfter(start(held, holderIn(held))));
    const done = await write(
      running,
      statusAfter(finish(running, holderIn(running), { ...finding, log: logOf(running) })),
    );
    expect(done.status).toMatchObject({ phase: "Done", verdict: { builder: "mac01" } });
  });

  it("renew its token for 30 days, and request one for the log service", async () => {
    const { status } = (await token({ expirationSeconds: month })) as { readonly status?: { readonly token: string } };
    expect(claimsOf(status?.token)).toMatchObject({ sub: `system:serviceaccount:hosts:${me.account}` });
    const logs = await token({ expirationSeconds: 3600, audiences: ["builderpool-logs"] });
    expect(claimsOf((logs["status"] as { readonly token: string }).token)).toMatchObject({ aud: ["builderpool-logs"] });
  });

  it("read the Secrets of its pool that consent, and the authority of the API server", async () => {
    expect(await me.client.get(secrets, "grid")).toMatchObject({ metadata: { name: "grid" } });
    const authority = await until("the authority", () => installation.admin.client.get(configMaps, rootAuthority));
    expect((await me.client.get(configMaps, rootAuthority))?.["data"]).toEqual(authority["data"]);
  });
});

describe("a host may not", () => {
  const cheats: readonly (readonly [what: string, cheat: () => Promise<unknown>, sentence: string])[] = [
    ["write the status of another host", () => statusOf("mac02"), "its own Builder"],
    ["write a status with another UID", () => me.report({ podUid: "another" }), "status.podUid"],
    ["write a status without a UID", () => me.report({ podUid: undefined }), "status.podUid"],
    [
      "write the status of a Builder of its name that is no host",
      async () => {
        const { store } = installation.admin;
        const self = await me.self();
        const inside = await store.update("Builder", { ...self, spec: { ...self.spec, external: false } });
        try {
          await me.report();
        } finally {
          await store.update("Builder", { ...inside, spec: { ...inside.spec, external: true } });
        }
      },
      "spec.external",
    ],
    [
      "write the status of a Builder of its name in another pool",
      async () => {
        const { store } = installation.admin;
        const o2 = await store.get("BuilderPool", "o2");
        if (o2 === undefined) throw new Error("no pool");
        const linux01 = await createBuilder(installation.admin, o2, "linux01");
        const impostor = { ...linux01, spec: { ...linux01.spec, pool: "mac" } };
        for (const manifest of hostManifestsOf(impostor, "hosts", []))
          await installation.admin.client.create(ownedResource(manifest.kind), manifest);
        const user = await installation.as("linux01.mac.host");
        const status = { phase: "Ready", incarnation: "x", podUid: me.uid } as const;
        return user.store.updateStatus("Builder", { ...linux01, status });
      },
      "its own Builder",
    ],
    ["write its own spec", async () => me.store.update("Builder", await me.self()), "cannot update resource"],
    [
      "create a Builder",
      async () => me.store.create("Builder", { ...(await me.self()), metadata: { name: "mac03" } }),
      "cannot create resource",
    ],
    ["delete its Builder", () => me.store.delete("Builder", "mac01"), "cannot delete resource"],
    ["create a heartbeat for another", () => me.store.create("Lease", aLease("mac02")), "its own Lease"],
    ["contend for the operator's Lease", () => me.store.create("Lease", aLease("builderpool")), "its own Lease"],
    ["claim in the name of another host", () => claimFor("mac02"), "a builder claims in its own name"],
    ["claim in the name of a pod", () => claimFor("mac-0"), "a builder claims in its own name"],
    ["claim a Build of another pool", () => claimFor("mac01", "o2"), "its own pool"],
    [
      "create a Build",
      async () => me.store.create("Build", { ...(await waiting()), metadata: { name: "mine" } }),
      "cannot create resource",
    ],
    ["delete a Build", async () => me.store.delete("Build", (await waiting()).metadata.name), "cannot delete resource"],
    ["change a pool", () => me.store.apply("BuilderPool", aPool("mac", { instances: 1 })), "cannot patch resource"],
    ["delete a pool", () => me.store.delete("BuilderPool", "mac"), "cannot delete resource"],
    ["request a token of another host", () => token({}, "mac02.mac.host"), "cannot create resource"],
    ["request a token of the operator", () => token({}, "builderpool"), "cannot create resource"],
    ["request a token for 31 days", () => token({ expirationSeconds: month + 86_400 }), "at most 30 days"],
    ["request a token for 136 years", () => token({ expirationSeconds: 2 ** 32 }), "at most 30 days"],
    [
      "bind a token to a Secret",
      () => token({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "other" } }),
      "spec.boundObjectRef",
    ],
    [
      "learn from a bound token whether a Secret exists",
      () => token({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "nothing" } }),
      "spec.boundObjectRef",
    ],
    [
      "bind a token to a pod",
      () => token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "mac-0" } }),
      "spec.boundObjectRef",
    ],
    [
      "request a token for another service",
      () => token({ audiences: ["sts.amazonaws.com"] }),
      "a host requests tokens for",
    ],
    [
      "request a token for the log service and another one",
      () => token({ audiences: ["builderpool-logs", "vault"] }),
      "a host requests tokens for",
    ],
    ["read another Secret that consents", () => me.client.get(secrets, "other"), "cannot get resource"],
    ["read a Secret of its pool without consent", () => me.client.get(secrets, "refused"), "cannot get resource"],
    ["list Secrets", () => me.client.list(secrets), "cannot list resource"],
    ["read other ConfigMaps", () => me.client.get(configMaps, "other"), "cannot get resource"],
    ["read accounts", () => me.client.get(serviceAccounts, me.account), "cannot get resource"],
    ["delete its account", () => me.client.delete(serviceAccounts, me.account), "cannot delete resource"],
    ["widen its Role", () => me.client.merge(roles, me.account, { rules: [] }), "cannot patch resource"],
    [
      "bind another Role",
      () =>
        me.client.create(roleBindings, {
          apiVersion: roles.apiVersion,
          kind: "RoleBinding",
          metadata: { name: "mine" },
        }),
      "cannot create resource",
    ],
    [
      "create a pod",
      () => me.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "mac-0" } }),
      "cannot create resource",
    ],
    ["list pods", () => me.client.list(pods), "cannot list resource"],
    ["read nodes", () => me.client.list(nodes), "cannot list resource"],
  ];

  it.each(cheats)("%s", async (_what, cheat, sentence) => {
    expect(await refusalOf(cheat)).toContain(sentence);
  });
});

describe("the operator may not", () => {
  it.each(["builderpool", "mac01.mac.host", "default"])(
    "request a token of %s, although it grants the right",
    async (name) => {
      const request = () => installation.operator.client.create(serviceAccounts, tokenRequest(name, {}), "token");
      expect(await refusalOf(request)).toContain("only a host outside the cluster requests tokens");
    },
  );
});

async function statusOf(name: string): Promise<unknown> {
  const other = await installation.admin.store.get("Builder", name);
  if (other === undefined) throw new Error(`no Builder ${name}`);
  return me.store.updateStatus("Builder", { ...other, status: { phase: "Ready", incarnation: "x", podUid: me.uid } });
}

function aLease(name: string) {
  const metadata = { name };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: "me" } } as const;
}

function claimsOf(jwt = ""): object {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
}
