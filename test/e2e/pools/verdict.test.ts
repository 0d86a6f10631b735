import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("an applied pool", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("first");

  it("warms up and becomes ready", async () => {
    await scenario.declare({ warmup: { builds: "All" } });
    await scenario.ready(1);
    expect((await scenario.builder(0))?.status).toMatchObject({ phase: "Ready", warm: {} });
  });

  it("builds a pull request from listing to status, with two status writes", async () => {
    const { commit } = await scenario.propose("Greet", greeting("Hello, all"));
    await scenario.shows(commit, "success");
    expect(scenario.statuses(commit)).toEqual([
      expect.stringMatching(/^pending Started \w{3} \d\d:\d\d CET on first-0$/),
      "success",
    ]);
  });

  it("stores the result page and the full log in the log service", async () => {
    const [build] = await scenario.list<"Build">("builds");
    const path = build?.status?.verdict?.log?.path ?? "";
    const proxy = `/api/v1/namespaces/${home}/services/builderpool-logs:80/proxy/${path}`;
    expect(await cluster.kubectl("get", "--raw", proxy)).toContain("The build succeeded");
    expect(await cluster.kubectl("get", "--raw", proxy.replace("pretty.html", "fullLog.txt"))).toMatch(
      /^Finished building on .+\nBuilt commit [0-9a-f]{40} from /,
    );
  });

  it("shows a running build in the log of the cell", async () => {
    const held = await scenario.hold("Watched");
    const cellLog = () => scenario.kubectl("logs", "first-0", "-c", "cell");
    const runs = new RegExp(`${held.commit}[^]*Test #1: greets \\.* *Passed`);
    await waitFor("the tests of the build", async () => runs.test(await cellLog()));
    await scenario.shows(held.commit, /^pending/);
    expect(scenario.statuses(held.commit)).toHaveLength(1);
    held.release();
    await scenario.shows(held.commit, "success");
  });

  it("reports a compile error as an error", async () => {
    const { commit } = await scenario.propose("Break", {
      "src/greeting.cxx": "const char* greeting() { return 1 2; }\n",
    });
    await scenario.shows(commit, /^error src\/greeting\.cxx:1:\d+: error: /);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
