import { describe, expect, it } from "vitest";
import { check, greeting, hello } from "../../support/up/installation.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("pools that come and go", () => {
  const story = aStory("elder");
  const condition = async (name: string, type: string) => {
    const pools = await story.list<"BuilderPool">("builderpools");
    return pools.find(({ metadata }) => metadata.name === name)?.status?.conditions?.find((one) => one.type === type);
  };

  it("a base branch that does not compile warms up all the same, and the builder says so", async () => {
    const { state } = story.github();
    await state.pushBranch({
      repository: hello,
      files: { "src/greeting.cxx": "const char* greeting() { return 1 2; }\n" },
    });
    await story.declare({ warmup: { builds: "All" } });
    await story.ready(1);
    expect((await story.builder(0))?.status?.warmup?.failures?.join()).toContain(check);
    await state.pushBranch({ repository: hello, files: greeting("Hello again") });
  });

  it("a second pool that names the same check waits, and says whose it is", async () => {
    await story.declare({}, "younger");
    const conflict = await waitFor("the conflict to be named", async () => {
      const found = await condition("younger", "Conflict");
      return found?.status === "True" && found;
    });
    expect(conflict.message).toMatch(/build\/hello\/o2.*elder/);
    const { commit } = await story.propose("Once", greeting("Hello, once"));
    await story.shows(commit, "success");
    expect(story.statuses(commit)).toHaveLength(2);
  });

  it("takes over when the first is deleted, which leaves nothing behind", async () => {
    await story.kubectl("delete", "builderpool", "elder", "--wait=true", "--timeout=120s");
    await waitFor("the conflict to be over", async () => (await condition("younger", "Conflict"))?.status === "False");
    const { commit } = await story.propose("Over", greeting("Hello, over there"));
    await story.shows(commit, "success");
    await waitFor("everything of the first to be gone", async () => {
      const kinds =
        "statefulsets,services,pods,poddisruptionbudgets,networkpolicies,roles,persistentvolumeclaims,builders,builds";
      return (await story.kubectl("get", kinds, "--selector=ci.alice.cern.ch/pool=elder", "-o", "name")) === "";
    });
    await story.kubectl("delete", "builderpool", "younger", "--wait=true", "--timeout=120s");
  });

  it("one that is created again under the same name is another, and builds", async () => {
    await story.declare();
    await story.ready(1);
    const { commit } = await story.propose("Anew", greeting("Hello, anew"));
    await story.shows(commit, "success");
  });

  it("claim, build and report nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
