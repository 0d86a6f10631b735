import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { greeting, program } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

/** Changes the installed dependency of all pull requests, as a damaged disk could. */
const damage = `find /data/base -name polite-words -path '*/hellolib/*' | while read -r file; do
  chmod u+w "$(dirname "$file")" "$file" && echo Goodbye > "$file" && echo "damaged $file"
done`;
const marker = "/data/base/*/sw/kept-by-nobody";

describe("a builder with damaged trees", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("doubt");
  const inBase = (builder: string, script: string) =>
    scenario.kubectl("exec", builder, "-c", "cell-base", "--", "sh", "-c", script);
  const buildOf = async (number: number) =>
    (await scenario.list<"Build">("builds")).find(({ spec }) => spec.number === number);
  const verdictOn = async (number: number) => (await buildOf(number))?.status?.verdict;
  const phaseOf = async (builder: string) => (await scenario.builder(Number(builder.at(-1))))?.status?.phase;
  const propose = (word: string) => scenario.propose(word, greeting(`Hello, ${word}`));
  const red: Awaited<ReturnType<typeof propose>>[] = [];
  let held: Awaited<ReturnType<typeof scenario.hold>>;
  let sound: string;
  let damaged: string;

  it("makes three pull requests red, and no fourth one", async () => {
    await scenario.declare({ instances: 2, partition: { patience: "1s" }, recheck: { maxShare: 0 } });
    await scenario.ready(2);
    held = await scenario.hold("Held");
    sound = (await scenario.holder(held.number)).claim.builder;
    damaged = sound === "doubt-0" ? "doubt-1" : "doubt-0";
    const before = await propose("before");
    await scenario.shows(before.commit, "success");
    expect(await inBase(damaged, damage)).toContain("damaged ");
    for (const word of ["one", "two", "three"]) {
      const proposed = await propose(word);
      await scenario.shows(proposed.commit, /^error /);
      red.push(proposed);
    }
    const fourth = await propose("four");
    await waitFor("the fourth build to wait for an opinion", async () => {
      const { trouble } = (await buildOf(fourth.number))?.status ?? {};
      return trouble?.reason === "SecondOpinion";
    });
    expect(await verdictOn(fourth.number)).toBeUndefined();
    red.push(fourth);
  });

  it("loses its red verdicts to the opinion of the other builder", async () => {
    held.release();
    for (const { commit, number } of red) {
      await scenario.shows(commit, "success");
      expect((await verdictOn(number))?.builder).toBe(sound);
    }
    const withdrawn = red.filter(({ commit }) =>
      scenario.statuses(commit).some((one) => one.includes("was wrong elsewhere")),
    );
    expect(withdrawn).toHaveLength(2);
    expect(scenario.statuses(red[3]?.commit ?? "").filter((one) => one.startsWith("error"))).toEqual([]);
  });

  it("throws its trees away, warms up, and builds on new ones", async () => {
    await scenario.ready(2);
    held = await scenario.hold("Held again");
    const { builder } = (await scenario.holder(held.number)).claim;
    const next = await propose("after");
    await scenario.shows(next.commit, "success");
    const other = builder === sound ? next.number : held.number;
    if (other === held.number) held.release();
    await waitFor("a verdict on new trees", async () => {
      const verdict = await verdictOn(other);
      return verdict?.builder === damaged && verdict.result === "Success" && verdict.generation === 1;
    });
    held.release();
    expect(await inBase(damaged, "cat /data/base/*/sw/*/hellolib/*/share/polite-words")).not.toContain("Goodbye");
  });

  it("finishes its build and throws its trees away when a person asks for that", async () => {
    await scenario.ready(2);
    await scenario.shows(held.commit, "success");
    held = await scenario.hold("Held for the last time");
    const { builder } = (await scenario.holder(held.number)).claim;
    await inBase(builder, `touch ${marker.replace("*", '"$(ls /data/base | head -n 1)"')}`);
    const place = [`--kubeconfig=${cluster.kubeconfig}`, `--namespace=${home}`];
    expect((await execa(program, ["clean", builder, ...place])).stdout).toContain("throws its trees away");
    held.release();
    await scenario.shows(held.commit, "success");
    await waitFor("the builder to warm up", async () =>
      (await inBase(builder, `ls ${marker} || echo gone`)).includes("gone"),
    );
    await waitFor("the builder to be ready", async () => (await phaseOf(builder)) === "Ready");
    expect((await scenario.phases(Number(builder.at(-1)))).slice(-3)).toEqual(["Ready", "Warming", "Ready"]);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
