import { readFile, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type JoinOptions, joinCommand } from "../../../src/cli/commands/join.ts";
import { revokeCommand } from "../../../src/cli/commands/revoke.ts";
import { type JoinCode, readJoinCode } from "../../../src/core/host/joinCode.ts";
import { hostAccountOf } from "../../../src/core/pool/host/account.ts";
import { isStoreError } from "../../../src/store/error.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { accountOf, addHost, createHosts, serviceAccounts, tokenRequest } from "../support/host.ts";
import { aCluster, type Installation, type TestCluster, type User } from "../support/installation.ts";
import { type RunningOperator, runOperator } from "../support/operator.ts";
import { until } from "../support/until.ts";

const namespace = "joins";

let cluster: TestCluster;
let installation: Installation;
let operator: RunningOperator;
let editor: User;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install(namespace);
  const { kubeconfig } = installation.admin;
  const rights = { apiGroups: ["ci.alice.cern.ch"], resources: ["builderpools", "builders", "builds"] };
  await kubectl(kubeconfig, ["apply", "-f", "-"], aggregated("view", [{ ...rights, verbs: ["get", "list", "watch"] }]));
  const deleting = { apiGroups: ["ci.alice.cern.ch"], resources: ["builders"], verbs: ["update", "patch", "delete"] };
  await kubectl(kubeconfig, ["apply", "-f", "-"], aggregated("edit", [deleting]));
  for (const role of ["edit", "view"]) {
    await kubectl(kubeconfig, ["create", "serviceaccount", `a-${role}`, "-n", namespace]);
    const binding = [
      "create",
      "rolebinding",
      `a-${role}`,
      `--clusterrole=${role}`,
      `--serviceaccount=${namespace}:a-${role}`,
    ];
    await kubectl(kubeconfig, [...binding, "-n", namespace]);
  }
  editor = await installation.as("a-edit");
  operator = runOperator(installation);
  await createHosts(installation, ["mac-a", "mac-b"]);
  await until("the rights of an editor", () => editor.store.list("Builder").then(() => true));
});
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

/** Runs `builderpool join` as an editor. */
async function join(name: string, options: JoinOptions = {}, kubeconfig = editor.kubeconfig) {
  const [out, errors]: [string[], string[]] = [[], []];
  const place = { kind: "Cluster", kubeconfigs: [kubeconfig], namespace } as const;
  await joinCommand(name, options, place, { stdout: (text) => out.push(text), stderr: (text) => errors.push(text) });
  const reading = readJoinCode(out.join(""), Date.now(), name);
  if ("refusal" in reading) throw new Error(reading.refusal);
  return { code: reading.code, lines: out.join("").trim().split("\n"), errors: errors.join("") };
}

/** A client with nothing but a code. */
function clientOf({ server, authority, token }: JoinCode) {
  const agent = new Agent({ ca: authority });
  const headers = async () => ({ authorization: `Bearer ${token}` });
  return createKubernetesClient({ server: new URL(server), namespace, authority, agent, headers }, namespace);
}

async function trade(code: JoinCode): Promise<number> {
  const request = tokenRequest(hostAccountOf(code.name, code.pool), { expirationSeconds: 30 * 24 * 3600 });
  const { status } = await clientOf(code).create(serviceAccounts, request, "token");
  return Date.parse((status as { readonly expirationTimestamp: string }).expirationTimestamp) - Date.now();
}

const isEnded = (code: JoinCode) =>
  trade(code).then(
    () => false,
    (error: unknown) => isStoreError(error, "Unauthorized"),
  );

async function report(name: string): Promise<void> {
  const uid = await accountOf(installation, name);
  const { store } = installation.admin;
  const builder = await store.get("Builder", name);
  if (builder === undefined) throw new Error(`no Builder ${name}`);
  const status = { phase: "Ready", incarnation: "x", podUid: uid, machine: "c".repeat(64) } as const;
  await store.updateStatus("Builder", { ...builder, status });
}

describe("builderpool join", () => {
  it("prints a code of 15 minutes, which a host trades for 30 days", async () => {
    const { code, lines, errors } = await join("mac-a", { pool: "mac" });
    expect(lines).toHaveLength(1);
    expect(code).toMatchObject({ namespace, pool: "mac", name: "mac-a" });
    const minutes = (Date.parse(code.expiresAt) - Date.now()) / 60_000;
    expect([Math.round(minutes), Math.round((await trade(code)) / 86_400_000)]).toEqual([15, 30]);
    expect(errors).toContain("| ssh mac-a sudo sh builderpool-agent.mjs agent enrol - --cell-user");
    expect(errors).not.toContain(code.token);
  });

  it("waits for an account that the operator creates later", async () => {
    await operator[Symbol.asyncDispose]();
    await addHost(installation, "mac-late");
    const joining = join("mac-late");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    operator = runOperator(installation);
    expect((await joining).errors).toMatch(/^waiting until the operator has created the Builder "mac-late"/);
  });

  it("gives the address of the server that a person names", async () => {
    const { code } = await join("mac-a", { server: "https://k8s.example.org:6443" });
    expect(code.server).toBe("https://k8s.example.org:6443");
    await expect(join("mac-a", { server: "http://k8s.example.org" })).rejects.toThrow(
      "no code for this cluster: server",
    );
  });

  it("refuses a host that no pool has, and lists the hosts", async () => {
    await expect(join("mac-x")).rejects.toThrow(
      "no pool has a host mac-x; there are: mac-a (pool mac), mac-b (pool mac), mac-late (pool mac); add it to spec.external.names of a pool",
    );
    await expect(join("mac-a", { pool: "o2" })).rejects.toThrow('"mac-a" is a host of the pool "mac", not of "o2"');
  });

  it("refuses a host that has joined, and with --again ends its credential", async () => {
    const { code } = await join("mac-b");
    await report("mac-b");
    await until(
      "the record",
      async () => (await installation.admin.store.get("Builder", "mac-b"))?.metadata.annotations,
    );
    await expect(join("mac-b")).rejects.toThrow(
      '"mac-b" has joined already (machine cccccccc); if that machine was reinstalled or replaced, run `builderpool join mac-b -n joins --again`',
    );
    const again = await join("mac-b", { again: true });
    await trade(again.code);
    await until("the end of the first credential", () => isEnded(code));
    expect(await isEnded(again.code)).toBe(false);
  });

  it("tells a viewer which rights are needed", async () => {
    const { kubeconfig } = await installation.as("a-view");
    await expect(join("mac-a", {}, kubeconfig)).rejects.toThrow(
      /cannot create resource .*; joining a host needs the ClusterRole edit in the namespace "joins"/,
    );
  });

  it("refuses a kubeconfig that does not verify the server", async () => {
    const config = parse(await readFile(editor.kubeconfig, "utf8"));
    const { "certificate-authority-data": _, "certificate-authority": __, ...rest } = config.clusters[0].cluster;
    const cluster = { ...rest, "insecure-skip-tls-verify": true };
    const file = `${editor.kubeconfig}-insecure`;
    await writeFile(file, JSON.stringify({ ...config, clusters: [{ ...config.clusters[0], cluster }] }), {
      mode: 0o600,
    });
    await expect(join("mac-a", {}, file)).rejects.toThrow("insecure-skip-tls-verify");
  });
});

describe("builderpool revoke", () => {
  it("ends the credential of a host", async () => {
    const { code } = await join("mac-a");
    const place = { kind: "Cluster", kubeconfigs: [editor.kubeconfig], namespace } as const;
    const before = await accountOf(installation, "mac-a");
    const out: string[] = [];
    await revokeCommand("mac-a", place, (text) => out.push(text));
    await until("the end of the credential", () => isEnded(code));
    expect(out.join("")).toMatch(/^mac-a is revoked: its tokens end within about 10 s/);
    await accountOf(installation, "mac-a", before);
    expect(await isEnded(code)).toBe(true);
    await expect(revokeCommand("mac-x", place, () => {})).rejects.toThrow("no pool has a host mac-x");
  });
});

/** A ClusterRole as the chart installs for people. */
function aggregated(to: "edit" | "view", rules: readonly object[]): string {
  const labels = {
    [`rbac.authorization.k8s.io/aggregate-to-${to}`]: "true",
    "rbac.authorization.k8s.io/aggregate-to-edit": "true",
  };
  const metadata = { name: `builderpool-${to}`, labels };
  return JSON.stringify({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules });
}
