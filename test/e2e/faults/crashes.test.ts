import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

describe("a builder whose process crashes repeatedly", () => {
  const scenario = aScenario("shaky");
  const statusOf = async () => (await scenario.builder(1))?.status;
  const kill = `for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' < $p/cmdline)" in node*) kill -9 \${p#/proc/};; esac; done`;
  let pod: string | undefined;

  it("is quarantined after the third crash, with an Event", async () => {
    await scenario.declare({ instances: 2 });
    await scenario.ready(2);
    pod = (await statusOf())?.podUid;
    for (let crashes = 1; crashes <= 3; crashes += 1) {
      const before = (await statusOf())?.incarnation;
      // The container exits during the command.
      await scenario.kubectl("exec", "shaky-1", "-c", "builder", "--", "sh", "-c", kill).catch(() => {});
      await waitFor(`the next process after crash ${crashes}`, async () => {
        const status = await statusOf();
        return status?.incarnation !== before && status?.crashes === crashes;
      });
    }
    const { message } = await waitFor("the quarantine", async () => {
      const status = await statusOf();
      return status?.phase === "Quarantined" && status;
    });
    expect(message).toContain("3 times");
    await waitFor("the event", async () =>
      (await scenario.kubectl("events", "--for=builder/shaky-1")).includes("BuilderQuarantined"),
    );
  });

  it("leaves all builds to the other builders", async () => {
    for (const word of ["one", "two", "three"]) {
      const { commit, number } = await scenario.propose(word, greeting(`Hello, ${word}`));
      await scenario.shows(commit, "success");
      const build = (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
      expect(build?.status?.verdict?.builder).toBe("shaky-0");
    }
  });

  it("starts with no crashes in another pod", async () => {
    await scenario.kubectl("delete", "pod", "shaky-1", "--wait=false");
    const status = await waitFor("the builder to be ready in another pod", async () => {
      const now = await statusOf();
      return now?.phase === "Ready" && now.podUid !== pod && now;
    });
    expect(status.crashes).toBeUndefined();
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
