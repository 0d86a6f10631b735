import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { isActive } from "../../../src/core/partition/active.ts";
import { hostAccountOf } from "../../../src/core/pool/host/account.ts";
import { events, ownedResource } from "../../../src/operator/cluster/resources.ts";
import { isStoreError } from "../../../src/store/error.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { accountOf, addHost, aHost, createHosts, type Host, serviceAccounts } from "../support/host.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { type RunningOperator, runOperator } from "../support/operator.ts";
import { until } from "../support/until.ts";

const [first, second] = ["a".repeat(64), "b".repeat(64)] as const;
const told = /^Two machines used the account of "mac-.*" \(aaaaaaaa and bbbbbbbb\).*run `builderpool join mac-/;

let cluster: TestCluster;
let installation: Installation;
let operator: RunningOperator;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("accounts");
  operator = runOperator(installation);
  await createHosts(installation, ["mac-a", "mac-b", "mac-c", "mac-d", "mac-e", "mac-h"]);
});
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

/** A host whose Role and RoleBinding count. */
async function joined(name: string): Promise<Host> {
  const host = await aHost(installation, name);
  await until(`the rights of ${name}`, async () => (await answerTo(host)) === "200");
  return host;
}

/** The answer of the API server to a read of the host. */
async function answerTo(host: Host): Promise<string> {
  try {
    await host.store.list("Builder");
    return "200";
  } catch (error) {
    if (isStoreError(error, "Unauthorized")) return "401";
    if (isStoreError(error, "Forbidden")) return /\((?<status>40[13])\)/.exec(error.message)?.groups?.["status"] ?? "?";
    throw error;
  }
}

/** Seconds from now until a read of the host has one of these answers. */
async function secondsUntil(host: Host, answers: readonly string[]): Promise<number> {
  const start = performance.now();
  await until(`${answers.join(" or ")} for ${host.name}`, async () => answers.includes(await answerTo(host)));
  return Math.round((performance.now() - start) / 100) / 10;
}

describe("the account of a host", () => {
  it("is complete again after somebody deleted or changed a part", async () => {
    const host = await joined("mac-a");
    for (const kind of ["Role", "RoleBinding"]) {
      const before = await installation.admin.client.get(ownedResource(kind), host.account);
      await installation.admin.client.delete(ownedResource(kind), host.account);
      await until(`another ${kind}`, async () => {
        const now = await installation.admin.client.get(ownedResource(kind), host.account);
        return now !== undefined && now.metadata.uid !== before?.metadata.uid;
      });
    }
    await installation.admin.client.merge(ownedResource("Role"), host.account, { rules: [] });
    await until("the rights again", async () => (await answerTo(host)) === "200");
  });

  it("ends all tokens when it is deleted, in about 10 s", async () => {
    const host = await joined("mac-a");
    await installation.admin.client.delete(serviceAccounts, host.account, { uid: host.uid });
    const seconds = await secondsUntil(host, ["401"]);
    console.log(`401 after the deletion of the account: ${seconds} s`);
    expect(seconds).toBeLessThan(20);
    expect(await accountOf(installation, "mac-a", host.uid)).not.toBe(host.uid);
  });

  it("goes with its Builder, and a Builder of the same name has another account", async () => {
    const host = await joined("mac-b");
    await host.report({ machine: first });
    await installation.admin.store.delete("Builder", "mac-b");
    const refused = await secondsUntil(host, ["401", "403"]);
    await expect(host.report()).rejects.toThrow();
    const ended = await secondsUntil(host, ["401"]);
    console.log(`refused after the deletion of the Builder: ${refused} s; 401 after ${refused + ended} s`);
    await accountOf(installation, "mac-b", host.uid);
    expect(await answerTo(host)).toBe("401");
    expect((await (await joined("mac-b")).report({ machine: second })).status?.machine).toBe(second);
  });

  it("is renewed when a second machine uses it: both are cut off, and people are told", async () => {
    const host = await joined("mac-c");
    await host.report({ machine: first });
    await until("the record", async () => (await host.self()).metadata.annotations?.["ci.alice.cern.ch/machine"]);
    await host.report({ machine: second });
    const renewed = await accountOf(installation, "mac-c", host.uid);
    const seconds = await secondsUntil(host, ["401"]);
    console.log(`401 after the report of a second machine: ${seconds} s`);
    await until("the sentence", async () => told.test((await host.self()).status?.message ?? ""));
    const { items } = await until("the Event", async () => {
      const found = await installation.admin.client.list(events);
      return found.items.some((event) => event["reason"] === "AccountRenewed") ? found : undefined;
    });
    const [event] = items.filter(({ reason }) => reason === "AccountRenewed");
    expect(event).toMatchObject({ type: "Warning", regarding: { kind: "Builder", name: "mac-c" } });
    expect(event?.["note"]).toMatch(told);

    const again = await joined("mac-c");
    expect(again.uid).toBe(renewed);
    await again.report({ machine: second });
    await until("the new record", async () => {
      const { annotations = {} } = (await host.self()).metadata;
      return (
        annotations["ci.alice.cern.ch/machine"] === `${renewed} ${second}` && Object.keys(annotations).length === 1
      );
    });
    await again.report({ machine: second, message: "warm" });
    expect((await again.self()).status?.message).toBe("warm");
    expect(await accountOf(installation, "mac-c", host.uid)).toBe(renewed);
  });

  it.each([
    ["revoked", (host: Host) => installation.admin.store.delete("Builder", host.name)],
    ["renewed", (host: Host) => installation.admin.client.delete(serviceAccounts, host.account, { uid: host.uid })],
  ])("counts for nobody from the moment it is %s, although its token still works", async (_, end) => {
    const host = await joined("mac-h");
    await until("a count", async () => isActive(await host.report({ machine: first })));
    const seen: Stored<"Builder">[] = [];
    const { resourceVersion } = (await host.self()).metadata;
    await end(host);
    const refusals = new Set<string>();
    await until("another account", async () => {
      await host.report().catch((error: unknown) => refusals.add(String(error)));
      const found = await installation.admin.store.get("Builder", "mac-h");
      if (found !== undefined && found.metadata.resourceVersion !== resourceVersion) seen.push(found);
      return found?.spec.account !== undefined && found.spec.account !== host.uid;
    });
    const before = await answerTo(host);
    await expect(host.report()).rejects.toThrow(/the host must join again|Unauthorized|cannot/);
    console.log(`answers to the old token meanwhile: ${before}; refusals: ${[...refusals].join("; ")}`);
    const counted = seen.filter((builder) => builder.spec.account !== host.uid && isActive(builder));
    expect(counted).toEqual([]);
    await until("the phase Pending", async () => {
      const { status } = await host.self();
      return status?.phase === "Pending" && status.message?.includes("builderpool join mac-h -n accounts");
    });
    const row = await kubectl(installation.admin.kubeconfig, ["-n", "accounts", "get", "builder", "mac-h"]);
    expect(row).toMatch(/^mac-h .* Pending /m);
  });

  it("is not renewed when a machine joins again with a renewed account", async () => {
    const host = await joined("mac-d");
    await host.report({ machine: first });
    await installation.admin.client.delete(serviceAccounts, host.account, { uid: host.uid });
    const renewed = await accountOf(installation, "mac-d", host.uid);
    const again = await joined("mac-d");
    await again.report({ machine: second });
    await until("the record", async () =>
      (await again.self()).metadata.annotations?.["ci.alice.cern.ch/machine"]?.endsWith(second),
    );
    expect(await accountOf(installation, "mac-d", host.uid)).toBe(renewed);
  });

  it("leaves an object of somebody else alone, and the other hosts get their accounts", async () => {
    const name = hostAccountOf("mac-f", "mac");
    await kubectl(installation.admin.kubeconfig, ["create", "serviceaccount", name, "-n", "accounts"]);
    await addHost(installation, "mac-f");
    await addHost(installation, "mac-g");
    await accountOf(installation, "mac-g");
    const foreign = await installation.admin.client.get(serviceAccounts, name);
    expect(foreign?.metadata.ownerReferences).toBeUndefined();
    expect(await installation.admin.client.get(ownedResource("RoleBinding"), name)).toBeUndefined();
  });

  it("needs no write at rest", async () => {
    await joined("mac-e");
    await until("rest", async () => {
      const before = operator.writes.length;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return operator.writes.slice(before).every((write) => !write.includes("mac-e"));
    });
  });
});
