import { describe, expect, it } from "vitest";
import { check, greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("pools that are created and deleted", () => {
  const scenario = aScenario("elder");
  const condition = async (name: string, type: string) => {
    const pools = await scenario.list<"BuilderPool">("builderpools");
    return pools.find(({ metadata }) => metadata.name === name)?.status?.conditions?.find((one) => one.type === type);
  };

  it("warm up with a base branch that does not compile, and the builder reports the failure", async () => {
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

  it("wait if another pool has the same check, and name that pool", async () => {
    await scenario.declare({}, "younger");
    const conflict = await waitFor("the Conflict condition", async () => {
      const found = await condition("younger", "Conflict");
      return found?.status === "True" && found;
    });
    expect(conflict.message).toMatch(/build\/hello\/o2.*elder/);
    const { commit } = await scenario.propose("Once", greeting("Hello, once"));
    await scenario.shows(commit, "success");
    expect(scenario.statuses(commit)).toHaveLength(2);
  });

  it("take over after the deletion of the first pool, which leaves no objects behind", async () => {
    await scenario.kubectl("delete", "builderpool", "elder", "--wait=true", "--timeout=120s");
    await waitFor("the end of the conflict", async () => (await condition("younger", "Conflict"))?.status === "False");
    const { commit } = await scenario.propose("Over", greeting("Hello, over there"));
    await scenario.shows(commit, "success");
    await waitFor("all objects of the first pool to be deleted", async () => {
      const kinds =
        "statefulsets,services,pods,poddisruptionbudgets,networkpolicies,roles,persistentvolumeclaims,builders,builds";
      return (await scenario.kubectl("get", kinds, "--selector=ci.alice.cern.ch/pool=elder", "-o", "name")) === "";
    });
    await scenario.kubectl("delete", "builderpool", "younger", "--wait=true", "--timeout=120s");
  });

  it("build after deletion and creation under the same name", async () => {
    await scenario.declare();
    await scenario.ready(1);
    const { commit } = await scenario.propose("Again", greeting("Hello, again"));
    await scenario.shows(commit, "success");
  });

  it("claim, build and report nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
