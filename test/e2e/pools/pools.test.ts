import { describe, expect, it } from "vitest";
import { check, greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("pools that come and go", () => {
  const scenario = aScenario("elder");
  const condition = async (name: string, type: string) => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    return pools.find(({ metadata }) => metadata.name === name)?.status?.conditions?.find((one) => one.type === type);
  };

  it("a base branch that does not compile warms up all the same, and the builder says so", async () => {
    const { state } = scenario.github();
    await state.pushBranch({
      repository: hello,
      files: { "src/greeting.cxx": "const char* greeting() { return 1 2; }\n" },
    });
    await scenario.declare({ warmup: { builds: "All" } });
    await scenario.ready(1);
    expect((await scenario.builder(0))?.status?.warmup?.failures?.join()).toContain(check);
    await state.pushBranch({ repository: hello, files: greeting("Hello again") });
  });

  it("a second pool that names the same check waits, and says whose it is", async () => {
    await scenario.declare({}, "younger");
    const conflict = await waitFor("the conflict to be named", async () => {
      const found = await condition("younger", "Conflict");
      return found?.status === "True" && found;
    });
    expect(conflict.message).toMatch(/build\/hello\/o2.*elder/);
    const { commit } = await scenario.propose("Once", greeting("Hello, once"));
    await scenario.shows(commit, "success");
    expect(scenario.statuses(commit)).toHaveLength(2);
  });

  it("takes over when the first is deleted, which leaves nothing behind", async () => {
    await scenario.kubectl("delete", "builderpool", "elder", "--wait=true", "--timeout=120s");
    await waitFor("the conflict to be over", async () => (await condition("younger", "Conflict"))?.status === "False");
    const { commit } = await scenario.propose("Over", greeting("Hello, over there"));
    await scenario.shows(commit, "success");
    await waitFor("everything of the first to be gone", async () => {
      const kinds =
        "statefulsets,services,pods,poddisruptionbudgets,networkpolicies,roles,persistentvolumeclaims,builders,builds";
      return (await scenario.kubectl("get", kinds, "--selector=ci.alice.cern.ch/pool=elder", "-o", "name")) === "";
    });
    await scenario.kubectl("delete", "builderpool", "younger", "--wait=true", "--timeout=120s");
  });

  it("one that is created again under the same name is another, and builds", async () => {
    await scenario.declare();
    await scenario.ready(1);
    const { commit } = await scenario.propose("Anew", greeting("Hello, anew"));
    await scenario.shows(commit, "success");
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
