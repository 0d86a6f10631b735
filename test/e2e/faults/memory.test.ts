import { describe, expect, it } from "vitest";
import { greeting, hello } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a build that exceeds the memory limit of the cell", () => {
  const scenario = aScenario("hungry");
  const build = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  const trouble = (number: number, count: number) =>
    waitFor(`attempt ${count} of #${number} to fail`, async () => {
      const found = (await build(number))?.status?.trouble;
      return found !== undefined && found.count >= count && found;
    });
  let greedy: Awaited<ReturnType<typeof scenario.propose>>;
  let first: string;

  it("gets no verdict: its status stays pending, and its message names the limit", async () => {
    await scenario.declare({
      instances: 2,
      partition: { patience: "1s" },
      template: { resources: { limits: { memory: "384Mi" } } },
    });
    await scenario.ready(2);
    greedy = await scenario.propose("Eat", {
      ...greeting("Hello, glutton"),
      "test/eat.test": "head -c 2G /dev/zero | tail\n",
    });
    const { reason, message, builder } = await trouble(greedy.number, 1);
    expect({ reason, message }).toEqual({
      reason: "OutOfMemory",
      message: expect.stringMatching(/limit 384 MiB/),
    });
    const said = `pending Retrying, not the pull request's fault: the build ran out of memory on ${builder}`;
    await scenario.shows(greedy.commit, said);
    first = builder;
  });

  it("gets no verdict if many small processes exceed the limit together", async () => {
    const many = "for n in $(seq 120); do (head -c 4M /dev/zero; sleep 30) | tail > /dev/null & done; wait\n";
    const { number, commit } = await scenario.propose("Nibble", {
      ...greeting("Hello, all mice"),
      "test/eat.test": many,
    });
    const { reason, message } = await trouble(number, 1);
    expect(reason).toMatch(/^(OutOfMemory|CellDied)$/); // the kernel may kill the cell itself
    expect(message).toMatch(/memory/);
    await scenario.shows(commit, /^pending Retrying, not the pull request's fault: /);
  });

  it("is retried on another builder, once the first one has built something else", async () => {
    const hasBuilt = async () =>
      (await scenario.list<"Builder">("builders")).some(
        ({ metadata, status }) => metadata.name === first && status?.lastVerdict !== undefined,
      );
    for (let n = 0; n < 12 && !(await hasBuilt()); n += 1) {
      const { commit } = await scenario.propose(`Eat little ${n}`, greeting(`Hello, frugal ${n}`));
      await scenario.shows(commit, "success");
    }
    const again = await trouble(greedy.number, 2);
    expect(again).toMatchObject({ reason: "OutOfMemory", count: 2 });
    expect(again.builder).not.toBe(first);
  });

  it("leaves its builder Ready", async () => {
    const { commit } = await scenario.propose("Eat little", greeting("Hello, frugal"));
    await scenario.shows(commit, "success");
    for (const phases of [await scenario.phases(0), await scenario.phases(1)])
      expect(phases.slice(phases.indexOf("Ready"))).toEqual(["Ready"]);
  });

  it("succeeds once a push reduces its memory", async () => {
    const { state } = scenario.github();
    const commit = await state.push({ repository: hello, number: greedy.number, files: { "test/eat.test": "true\n" } });
    await scenario.shows(commit, "success");
    expect(scenario.statuses(greedy.commit).filter((status) => !status.startsWith("pending"))).toEqual([]);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
