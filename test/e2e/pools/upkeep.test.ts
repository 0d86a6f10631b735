import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario, type Holder } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { versionsOf } from "../support/writes.ts";

/** Kind, name, and a manual edit. */
const edits: readonly (readonly [string, string, object])[] = [
  ["statefulset", "kept", { spec: { replicas: 3 } }],
  ["statefulset", "kept", { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } }],
  ["poddisruptionbudget", "kept", { spec: { maxUnavailable: 2 } }],
  ["service", "kept", { spec: { publishNotReadyAddresses: false } }],
  ["networkpolicy", "kept", { spec: { ingress: [], egress: [], policyTypes: ["Ingress", "Egress"] } }],
  ["role", "kept-builder", { rules: [] }],
  ["rolebinding", "kept-builder", { subjects: [] }],
  ["serviceaccount", "kept-builder", { metadata: { labels: null } }],
];

describe("an owned object of a pool that builds", () => {
  const scenario = aScenario("kept");
  const conflictOf = async (name: string) => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    const found = pools.find(({ metadata }) => metadata.name === name);
    return found?.status?.conditions?.find(({ type }) => type === "Conflict");
  };
  /** The parts of an object that people and the operator write. */
  async function specOf(kind: string, name: string) {
    const { metadata, status: _, ...rest } = JSON.parse(await scenario.kubectl("get", kind, name, "-o", "json"));
    return { ...rest, labels: metadata.labels };
  }
  let held: Awaited<ReturnType<typeof scenario.hold>>;
  let before: Holder;
  let pods: ReadonlyMap<string, string>;

  it("is restored after a manual edit", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    before = await scenario.holder(held.number);
    pods = await podsOf(scenario);
    for (const [kind, name, patch] of edits) {
      const original = await specOf(kind, name);
      const output = await scenario.kubectl("patch", kind, name, "--type=merge", `--patch=${JSON.stringify(patch)}`);
      expect(output).not.toContain("no change");
      await waitFor(`the ${kind} to be restored`, async () => {
        return JSON.stringify(await specOf(kind, name)) === JSON.stringify(original);
      });
    }
  });

  it("is created again after a manual deletion, and orphaned pods get a controller again", async () => {
    await scenario.kubectl("delete", "statefulset", "kept", "--cascade=orphan");
    await scenario.kubectl("delete", "service,networkpolicy,poddisruptionbudget", "kept");
    await scenario.kubectl("delete", "role,rolebinding", "kept-builder");
    for (const [kind, name] of edits) await waitFor(`the ${kind}`, () => specOf(kind, name));
    await waitFor("the pods to have a controller", async () => {
      const kinds = "jsonpath={.items[*].metadata.ownerReferences[*].kind}";
      const owners = await scenario.kubectl("get", "pods", "--selector=ci.alice.cern.ch/pool=kept", "-o", kinds);
      return owners === "StatefulSet StatefulSet";
    });
  });

  it("is restored without effect on builds and builders", async () => {
    const { commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    expect(await scenario.holder(held.number)).toEqual(before);
    held.release();
    await scenario.shows(held.commit, "success");
    await waitFor("the pods to be unchanged", async () => String([...(await podsOf(scenario))]) === String([...pods]));
    for (const ordinal of [0, 1]) expect(await scenario.phases(ordinal)).toEqual(["Pending", "Warming", "Ready"]);
  });

  it("is not written while the pool is idle, except for heartbeats", async () => {
    const beats = () =>
      scenario.kubectl("get", "leases", "kept-0", "kept-1", "-o", "jsonpath={.items[*].spec.renewTime}");
    let last: readonly string[] = [];
    await waitFor("the pool to be idle", async () => {
      const now = await versionsOf(scenario);
      const isIdle = String(now) === String(last);
      last = now;
      if (!isIdle) await sleep(5000);
      return isIdle;
    });
    const beatsBefore = (await beats()).split(" ");
    await sleep(30_000);
    expect(await versionsOf(scenario)).toEqual(last);
    for (const [index, beat] of (await beats()).split(" ").entries()) expect(beat).not.toBe(beatsBefore[index]);
  });

  it("is never taken from another owner: the pool reports the conflict and starts once the name is free", async () => {
    await scenario.kubectl("create", "service", "clusterip", "taken", "--tcp=80");
    await scenario.declare({ checks: [{ name: "build/hello/taken" }], warmup: { builds: "None" } }, "taken");
    const conflict = await waitFor("the Conflict condition", async () => {
      const found = await conflictOf("taken");
      return found?.status === "True" && found;
    });
    expect(conflict).toMatchObject({
      reason: "NameTaken",
      message: expect.stringMatching(/Service "taken"/),
    });
    expect(await scenario.kubectl("get", "statefulset", "taken", "--ignore-not-found")).toBe("");
    await scenario.kubectl("delete", "service", "taken");
    await waitFor("the end of the conflict", async () => (await conflictOf("taken"))?.status === "False");
    await waitFor("the pool to start", () => specOf("statefulset", "taken"));
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
