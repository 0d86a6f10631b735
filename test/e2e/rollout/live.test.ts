import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("silent and debug of a running pool", () => {
  const scenario = aScenario("live");
  const patch = (spec: object) =>
    scenario.kubectl("patch", "builderpool/live", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  const hears = (wanted: { silent: boolean; debug: boolean }) =>
    waitFor(`the builder to hear ${JSON.stringify(wanted)}`, async () => {
      const { silent, debug } = (await scenario.builder(0))?.status ?? {};
      return (silent ?? false) === wanted.silent && (debug ?? false) === wanted.debug;
    });
  let podUid: string | undefined;

  it("are heard by the builder that runs", async () => {
    await scenario.declare();
    await scenario.ready(1);
    podUid = (await scenario.builder(0))?.status?.podUid;
    await patch({ silent: true, debug: true });
    await hears({ silent: true, debug: true });
  });

  it("let it build and publish nothing", async () => {
    const { commit, number } = await scenario.propose("Whisper", greeting("Hello, nobody"));
    const verdict = await waitFor("the silent verdict", async () => {
      const builds = await scenario.list<"Build">("builds");
      return builds.find(({ spec }) => spec.number === number)?.status?.verdict;
    });
    expect(verdict).toMatchObject({ result: "Success", silent: true });
    expect(scenario.statuses(commit)).toEqual([]);
  });

  it("let it publish again, by the same pod", async () => {
    await patch({ silent: false, debug: false });
    await hears({ silent: false, debug: false });
    const { commit } = await scenario.propose("Speak", greeting("Hello, everybody"));
    await scenario.shows(commit, "success");
    expect(podUid).toBeTruthy();
    expect((await scenario.builder(0))?.status?.podUid).toBe(podUid);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
