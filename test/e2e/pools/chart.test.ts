import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helm } from "../../support/cluster/helm.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { chart, installChart } from "../support/installChart.ts";
import { podsOf } from "../support/pods.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const namespace = "upgraded";
const size = 2;
/** Objects that stay by the documentation, objects of every namespace, and the Secret of the scenario. */
const left = [
  "configmap/kube-root-ca.crt",
  "lease.coordination.k8s.io/builderpool",
  "persistentvolumeclaim/builderpool-logs",
  "secret/upgraded-github",
  "serviceaccount/default",
];

describe("a chart upgrade, uninstallation and installation around a pool that builds", () => {
  const cluster = anE2ECluster();
  const { registry, tag, again } = cluster.images;
  // The shared installation of all scenarios owns the CRDs.
  const release = { registry, tag, namespace, set: ["crds.install=false"] };
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "chart-"));
    const from = join(folder, "before");
    await cp(chart, from, { recursive: true });
    const file = join(from, "Chart.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace(/^version: .*$/m, "version: 0.0.1").replace(/^appVersion: .*$/m, "appVersion: 0.0.1"),
    );
    await installChart(cluster.kubeconfig, { ...release, from, tag: again.tag });
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await cluster.kubectl("delete", "namespace", namespace, "--wait=false");
  });

  const scenario = aScenario("upgraded", namespace);
  const uninstall = () => helm(cluster.kubeconfig, ["uninstall", "builderpool", `--namespace=${namespace}`, "--wait"]);
  const verdictOf = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number)?.status?.verdict;

  it("replaces the operator, then each builder after its build", async () => {
    await scenario.declare({ instances: size });
    await scenario.ready(size);
    const held = await scenario.hold("Held");
    const { claim } = await scenario.holder(held.number);
    await installChart(cluster.kubeconfig, release);
    const ordinal = Number(claim.builder.slice("upgraded-".length));
    await waitFor("the busy builder to drain", async () => {
      return (await scenario.builder(ordinal))?.status?.phase === "Draining";
    });
    expect((await scenario.holder(held.number)).claim).toEqual(claim);
    held.release();
    await scenario.shows(held.commit, "success");
    expect(await verdictOf(held.number)).toMatchObject({ builder: claim.builder, attempt: 1, result: "Success" });
    await waitFor("all builders to have the image of the new chart", async () => {
      const images = "jsonpath={.items[*].spec.containers[0].image}";
      const used = await scenario.kubectl("get", "pods", "--selector=ci.alice.cern.ch/pool=upgraded", "-o", images);
      const image = `${registry}/builderpool-builder:${tag}`;
      return used === Array.from({ length: size }, () => image).join(" ");
    });
    await scenario.ready(size);
    expect(await scenario.fewestReady(size)).toBe(size - 1);
  });

  it("leaves pools, builders and builds at uninstallation, and reports their verdicts after the next installation", async () => {
    const held = await scenario.hold("Held again");
    const { claim } = await scenario.holder(held.number);
    await scenario.shows(held.commit, /^pending Started/);
    const pods = await podsOf(scenario);
    await uninstall();
    expect(await scenario.kubectl("get", "deployments", "-o", "name")).toBe("");
    held.release();
    await waitFor("the verdict", async () => (await verdictOf(held.number))?.result === "Success");
    expect(scenario.statuses(held.commit)).toEqual([expect.stringMatching(/^pending Started/)]);
    await installChart(cluster.kubeconfig, release);
    await scenario.shows(held.commit, "success");
    expect(await verdictOf(held.number)).toMatchObject({ builder: claim.builder, attempt: 1, log: { stored: true } });
    await scenario.ready(size);
    expect(await podsOf(scenario)).toEqual(pods);
  });

  it("leaves only logs and a Lease if pools are deleted first", async () => {
    await scenario.kubectl("delete", "builderpools", "--all", "--timeout=120s");
    await uninstall();
    const kinds = (await scenario.kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name")).split("\n");
    const listed = kinds.filter((kind) => !kind.startsWith("events")).join();
    await waitFor("all other objects to be deleted", async () => {
      return (await scenario.kubectl("get", listed, "-o", "name")).split("\n").toSorted().join() === left.join();
    });
    const policies = await cluster.kubectl(
      "get",
      "clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings",
      "-o",
      "name",
    );
    expect(policies).not.toContain(namespace);
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
