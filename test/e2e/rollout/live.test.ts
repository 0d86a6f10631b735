import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("silent and debug of a running pool", () => {
  const scenario = aScenario("live");
  const patch = (spec: object) =>
    scenario.kubectl("patch", "builderpool/live", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  const reports = (wanted: { silent: boolean; debug: boolean }) =>
    waitFor(`the builder to report ${JSON.stringify(wanted)}`, async () => {
      const { silent, debug } = (await scenario.builder(0))?.status ?? {};
      return (silent ?? false) === wanted.silent && (debug ?? false) === wanted.debug;
    });
  let podUid: string | undefined;

  it("take effect in the running builder", async () => {
    await scenario.declare();
    await scenario.ready(1);
    podUid = (await scenario.builder(0))?.status?.podUid;
    await patch({ silent: true, debug: true });
    await reports({ silent: true, debug: true });
  });

  it("let it build without any published status", async () => {
    const { commit, number } = await scenario.propose("Whisper", greeting("Hello, silence"));
    const verdict = await waitFor("the silent verdict", async () => {
      const builds = await scenario.list<"Build">("builds");
      return builds.find(({ spec }) => spec.number === number)?.status?.verdict;
    });
    expect(verdict).toMatchObject({ result: "Success", silent: true });
    expect(scenario.statuses(commit)).toEqual([]);
  });

  it("let the same pod publish again", async () => {
    await patch({ silent: false, debug: false });
    await reports({ silent: false, debug: false });
    const { commit } = await scenario.propose("Speak", greeting("Hello, all of you"));
    await scenario.shows(commit, "success");
    expect(podUid).toBeTruthy();
    expect((await scenario.builder(0))?.status?.podUid).toBe(podUid);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
