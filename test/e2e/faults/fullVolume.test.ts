import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { memoryVolumes } from "../support/memoryVolumes.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a full volume", () => {
  const storageClassName = memoryVolumes("full", ["384Mi", "1Gi"]);
  const scenario = aScenario("full");
  const declare = (instances: number) =>
    scenario.declare({ instances, workspace: { size: "1Gi", storageClassName }, partition: { patience: "1s" } });
  const build = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  const terminal = (commit: string) => scenario.statuses(commit).filter((status) => !status.startsWith("pending"));
  const inBuilder = (script: string) => scenario.kubectl("exec", "full-0", "-c", "builder", "--", "sh", "-c", script);
  let grown: Awaited<ReturnType<typeof scenario.propose>>;
  let blocked: Awaited<ReturnType<typeof scenario.propose>>;

  it("filled by a build gives no verdict, and the status names the full disk", async () => {
    await declare(1);
    await scenario.ready(1);
    grown = await scenario.propose("Grow", {
      ...greeting("Hello, all of you"),
      "test/grow.test": "head -c 400M /dev/zero > big\n",
    });
    await scenario.shows(grown.commit, "pending Retrying, not the pull request's fault: the disk is full on full-0");
    const { phase, trouble } = (await build(grown.number))?.status ?? {};
    expect({ phase, trouble }).toMatchObject({
      phase: "Queued",
      trouble: {
        reason: "DiskFull",
        message: expect.stringMatching(/\/data\/area\//),
      },
    });
  });

  it("has room again at once: the files of the build are deleted", async () => {
    const { commit, number } = await scenario.propose("Stay small", greeting("Hello, small one"));
    await scenario.shows(commit, "success");
    expect((await build(number))?.status).toMatchObject({ attempt: 1, verdict: { builder: "full-0" } });
  });

  it("filled by other files gives the same status", async () => {
    await inBuilder("cat /dev/zero > /data/ballast || true");
    blocked = await scenario.propose("Wait for room", greeting("Hello, at last"));
    await scenario.shows(blocked.commit, "pending Retrying, not the pull request's fault: the disk is full on full-0");
    expect((await build(blocked.number))?.status?.trouble).toMatchObject({
      reason: "DiskFull",
      message: expect.stringMatching(/\/data\/|no space|disk is full/i),
    });
  });

  it("leaves its builds to a builder with more room", async () => {
    await declare(2);
    for (const { commit, number } of [grown, blocked]) {
      await scenario.shows(commit, "success");
      expect((await build(number))?.status?.verdict?.builder).toBe("full-1");
      expect(terminal(commit)).toEqual(["success"]);
    }
  });

  it("serves builds again once it has room", async () => {
    await inBuilder("rm /data/ballast");
    await declare(1);
    await waitFor("the other builder to be deleted", async () => (await scenario.builder(1)) === undefined);
    const { commit, number } = await scenario.propose("Return", greeting("Hello, once more"));
    await scenario.shows(commit, "success");
    expect((await build(number))?.status?.verdict?.builder).toBe("full-0");
  });

  it("causes no lost and no second verdict", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
