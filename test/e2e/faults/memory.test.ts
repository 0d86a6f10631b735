import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aStory } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a build that takes more memory than the cell has", () => {
  const story = aStory("hungry");
  const build = async (number: number) =>
    (await story.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  const trouble = (number: number, count: number) =>
    waitFor(`attempt ${count} of #${number} to fail`, async () => {
      const found = (await build(number))?.status?.trouble;
      return found !== undefined && found.count >= count && found;
    });
  let greedy: Awaited<ReturnType<typeof story.propose>>;
  let first: string;

  it("is no verdict: the limit is named, and the pending status says that the pull request is not to blame", async () => {
    await story.declare({
      instances: 2,
      partition: { patience: "1s" },
      template: { resources: { limits: { memory: "384Mi" } } },
    });
    await story.ready(2);
    greedy = await story.propose("Eat", {
      ...greeting("Hello, glutton"),
      "test/eat.test": "head -c 2G /dev/zero | tail\n",
    });
    const { reason, message, builder } = await trouble(greedy.number, 1);
    expect({ reason, message }).toEqual({
      reason: "OutOfMemory",
      message: expect.stringMatching(/ran out of memory \(limit 384 MiB\)/),
    });
    const said = `pending Retrying, not the pull request's fault: the build ran out of memory on ${builder}`;
    await story.shows(greedy.commit, said);
    first = builder;
  });

  it("of which many small ones take it together is told from a failure as well", async () => {
    const many = "for n in $(seq 120); do (head -c 4M /dev/zero; sleep 30) | tail > /dev/null & done; wait\n";
    const { number, commit } = await story.propose("Nibble", { ...greeting("Hello, all mice"), "test/eat.test": many });
    const { reason, message } = await trouble(number, 1);
    expect(reason).toMatch(/^(OutOfMemory|CellDied)$/); // the kernel may take the cell itself
    expect(message).toMatch(/memory/);
    await story.shows(commit, /^pending Retrying, not the pull request's fault: /);
  });

  it("is tried again on another builder", async () => {
    const again = await trouble(greedy.number, 2);
    expect(again).toMatchObject({ reason: "OutOfMemory", count: 2 });
    expect(again.builder).not.toBe(first);
  });

  it("takes no builder out of service", async () => {
    const { commit } = await story.propose("Eat little", greeting("Hello, frugal"));
    await story.shows(commit, "success");
    for (const phases of [story.phases(0), story.phases(1)])
      expect(phases.slice(phases.indexOf("Ready"))).toEqual(["Ready"]);
  });

  it("is green as soon as the pull request needs less", async () => {
    const { state } = story.github();
    const commit = await state.push({ repository: hello, number: greedy.number, files: { "test/eat.test": "true\n" } });
    await story.shows(commit, "success");
    expect(story.statuses(greedy.commit).filter((status) => !status.startsWith("pending"))).toEqual([]);
  });

  it("claims, builds and reports nothing twice", () => {
    expect(story.wrongs()).toEqual([]);
  });
});
