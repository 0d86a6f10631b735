import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("silent and debug of a running pool", () => {
  const story = aStory("live");
  const patch = (spec: object) =>
    story.kubectl("patch", "builderpool/live", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  const hears = (wanted: { silent: boolean; debug: boolean }) =>
    waitFor(`the builder to hear ${JSON.stringify(wanted)}`, async () => {
      const { silent, debug } = (await story.builder(0))?.status ?? {};
      return (silent ?? false) === wanted.silent && (debug ?? false) === wanted.debug;
    });
  let podUid: string | undefined;

  it("are heard by the builder that runs", async () => {
    await story.declare();
    await story.ready(1);
    podUid = (await story.builder(0))?.status?.podUid;
    await patch({ silent: true, debug: true });
    await hears({ silent: true, debug: true });
  });

  it("let it build and publish nothing", async () => {
    const { commit, number } = await story.propose("Whisper", greeting("Hello, nobody"));
    const verdict = await waitFor("the silent verdict", async () => {
      const builds = await story.list<"Build">("builds");
      return builds.find(({ spec }) => spec.number === number)?.status?.verdict;
    });
    expect(verdict).toMatchObject({ result: "Success", silent: true });
    expect(story.statuses(commit)).toEqual([]);
  });

  it("let it publish again, by the same pod", async () => {
    await patch({ silent: false, debug: false });
    await hears({ silent: false, debug: false });
    const { commit } = await story.propose("Speak", greeting("Hello, everybody"));
    await story.shows(commit, "success");
    expect(podUid).toBeTruthy();
    expect((await story.builder(0))?.status?.podUid).toBe(podUid);
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
