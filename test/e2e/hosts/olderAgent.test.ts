import { describe, expect, it } from "vitest";
import { type Edit, versionEdit } from "../../support/host/versions.ts";
import { greeting } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { buildsOn } from "./builds.ts";
import { aMachineRoom, hasHosts } from "./hosts.ts";

/** A release before the operator's, without a word and a field of today's definitions. */
const lastRelease: readonly Edit[] = [
  versionEdit("0.0.9"),
  [/"Repository",\s+"Check",\s+"Author"\s+\]\)\)/g, '"Repository", "Check"]))'],
  [/"Repository",\s+"Check",\s+"Author"\s+\],/g, '"Repository", "Check"],'],
  [/^\t\tolderTrees: array\(.*$/gm, ""],
];

describe.runIf(hasHosts)("an agent of the last release beside one of this release", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("older");
  const room = aMachineRoom(cluster, scenario);
  const [old, present] = [room.host("older-a", 1), room.host("older-b", 2)] as const;
  const builds = buildsOn(scenario, [old, present]);

  it("joins a pool with a word that it does not know, and shares the pull requests", async () => {
    await old.boot();
    await old.machine().write("/usr/local/bundle.mjs", await room.bundle("last-release", lastRelease));
    await room.open([old, present], { fairness: { by: ["Author"] } });
    expect(await old.status()).toMatchObject({ phase: "Ready", versions: { builderpool: "0.0.9" } });
    const pulls = [await builds.sleeping("One"), await builds.sleeping("Two")];
    expect(pulls.map(({ claim }) => claim.builder).sort()).toEqual([old.name, present.name]);
    for (const { wake } of pulls) await wake();
    for (const { commit } of pulls) await scenario.shows(commit, "success");
    const held = await scenario.list<"BuilderPool">("builderpools");
    expect(held.find(({ metadata }) => metadata.name === scenario.pool)?.spec.fairness.by).toEqual(["Author"]);
  });

  it("drains when it is newer than the operator, and builds again with the version of the operator", async () => {
    await old.update("next-release", [versionEdit("0.2.0")]);
    await waitFor("the next release", async () => (await old.status())?.versions?.["builderpool"] === "0.2.0");
    await old.is("Drained");
    const [pool] = await scenario.list<"BuilderPool">("builderpools");
    expect(JSON.stringify(pool?.status?.conditions)).toContain("run `builderpool agent update`");
    const { number, commit } = await scenario.propose("Meanwhile", greeting("Hello, meanwhile"));
    await scenario.shows(commit, "success");
    expect((await builds.statusOf(number))?.verdict?.builder).toBe(present.name);
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
