import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a pool that is applied", () => {
  const cluster = anE2ECluster();
  const story = aStory("first");

  it("warms up and becomes ready", async () => {
    await story.declare({ warmup: { builds: "All" } });
    await story.ready(1);
    expect((await story.builder(0))?.status).toMatchObject({ phase: "Ready", warm: {} });
  });

  it("builds a pull request from listing to status, with two writes", async () => {
    const { commit } = await story.propose("Greet", greeting("Hello, all"));
    await story.shows(commit, "success");
    expect(story.statuses(commit)).toEqual([
      expect.stringMatching(/^pending Started \w{3} \d\d:\d\d CET on first-0$/),
      "success",
    ]);
  });

  it("puts the result page and the full log into the log service", async () => {
    const [build] = await story.list<"Build">("builds");
    const path = build?.status?.verdict?.log?.path ?? "";
    const proxy = `/api/v1/namespaces/${home}/services/builderpool-logs:80/proxy/${path}`;
    expect(await cluster.kubectl("get", "--raw", proxy)).toContain("The build succeeded");
    expect(await cluster.kubectl("get", "--raw", proxy.replace("pretty.html", "fullLog.txt"))).toMatch(
      /^Finished building on .+\nBuilt commit [0-9a-f]{40} from /,
    );
  });

  it("shows the build as it runs in the log of the cell", async () => {
    const held = await story.hold("Watched");
    const own = () => story.kubectl("logs", "first-0", "-c", "cell");
    const runs = new RegExp(`${held.commit}[^]*Test #1: greets \\.* *Passed`);
    await waitFor("the tests of it", async () => runs.test(await own()));
    expect(story.statuses(held.commit)).toEqual([expect.stringMatching(/^pending/)]);
    held.letGo();
    await story.shows(held.commit, "success");
  });

  it("marks a compile error red", async () => {
    const { commit } = await story.propose("Break", {
      "src/greeting.cxx": "const char* greeting() { return 1 2; }\n",
    });
    await story.shows(commit, "error");
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
