import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a cell container that exits while its builder runs", () => {
  const scenario = aScenario("cut");
  const restarts = async (kind: "initContainerStatuses" | "containerStatuses", name: string) => {
    const path = `jsonpath={.status.${kind}[?(@.name=='${name}')].restartCount}`;
    return Number(await scenario.kubectl("get", "pod", "cut-0", "-o", path));
  };
  /** Kills the main process of the cell, and so its container. */
  const endCell = async () => {
    const before = await restarts("initContainerStatuses", "cell");
    const kill =
      'for p in /proc/[0-9]*; do case "$(tr "\\0" " " < $p/cmdline)" in /capsule/loader*cell-serve*) kill -9 ${p#/proc/};; esac; done';
    // The container exits during the command.
    await scenario.kubectl("exec", "cut-0", "-c", "cell", "--", "sh", "-c", kill).catch(() => {});
    await waitFor("the cell to restart", async () => (await restarts("initContainerStatuses", "cell")) > before);
  };
  const build = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  let held: Awaited<ReturnType<typeof scenario.hold>>;

  it("requeues the build with a pending status that names the cause", async () => {
    await scenario.declare({ template: { resources: { limits: { memory: "1Gi" } } } });
    await scenario.ready(1);
    held = await scenario.hold("Held");
    // Before this step the base cell works, and the death of the build cell costs nothing.
    await waitFor("the build to run in its cell", async () => (await build(held.number))?.status?.step === "build");
    await endCell();
    await scenario.shows(held.commit, "pending Retrying, not the pull request's fault: the build was lost on cut-0");
    expect((await build(held.number))?.status).toMatchObject({
      phase: "Queued",
      attempt: 1,
      trouble: {
        reason: "CellDied",
        builder: "cut-0",
        count: 1,
        message: expect.stringMatching(/limit 1024 MiB.*`kubectl describe pod cut-0`/),
      },
    });
  });

  it("leaves its builder free for waiting builds", async () => {
    const { commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
  });

  it("has its build retried, with success", async () => {
    held.release();
    await scenario.shows(held.commit, "success");
    expect(scenario.statuses(held.commit).filter((status) => !status.startsWith("pending"))).toEqual(["success"]);
    expect((await build(held.number))?.status).toMatchObject({ phase: "Done", attempt: 2 });
  });

  it("costs no attempt between two builds: the builder waits for the cell", async () => {
    await endCell();
    const { commit, number } = await scenario.propose("After", greeting("Hello, after all"));
    await scenario.shows(commit, "success");
    expect((await build(number))?.status).toMatchObject({ attempt: 1 });
  });

  it("neither restarts its builder nor makes it unready", async () => {
    expect(await restarts("containerStatuses", "builder")).toBe(0);
    const phases = await scenario.phases(0);
    expect(phases.slice(phases.indexOf("Ready"))).toEqual(["Ready"]);
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
