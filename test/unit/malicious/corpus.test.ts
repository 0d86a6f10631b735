import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { securityPage } from "../../../scripts/generate/securityPage.ts";
import { isPossible, kinds, localModes, modes, prelude, routes, routesOf } from "../../malicious/attack.ts";
import { choicesOf } from "../../malicious/choose.ts";
import { corpus } from "../../malicious/corpus.ts";
import { measured } from "../../malicious/held.ts";
import { groupsOf } from "../../malicious/judge.ts";
import { pullRequestOf } from "../../malicious/pullRequest.ts";

const ids = corpus.map(({ id }) => id);
const ground = { reports: "/run/reports", guard: "true", folders: "sandbox=/data" };
const drawn = (seed: number) =>
  choicesOf("12", corpus, seed, localModes).map(({ attack, route, mode }) => `${route} ${mode} ${attack.id}`);
const carried = (id: string) => routesOf(corpus.find((attack) => attack.id === id) ?? expect.fail(`no attack ${id}`));

describe("the corpus of malicious pull requests", () => {
  it("has at least 60 attacks, with one id each, of all kinds", () => {
    expect(ids.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(corpus.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)));
  });

  it("lists measurements only of existing attacks, by routes that can carry them", () => {
    for (const route of routes)
      for (const mode of modes)
        expect(Object.keys(measured[route][mode]).filter((id) => !carried(id).includes(route))).toEqual([]);
  });

  it("carries each attack in the recipe of hello too, unless it has recipes of its own", () => {
    for (const attack of corpus) {
      const { repository, files } = pullRequestOf({ attack, route: "recipe" }, ground);
      expect(repository).toBe("alisw/alidist");
      expect(Object.values(files).join("\n")).toContain(attack.script?.trim().split("\n").at(-1) ?? ":");
      const names = Object.keys(files).filter((name) => name.endsWith(".sh"));
      expect(names).toEqual(attack.recipes === undefined ? ["hello.sh"] : ["hellolib.sh"]);
    }
  });

  it("contains no canary, so that only a build that ran can leave one", () => {
    const canary = /canary-[0-9a-f]{12}-[A-Z]/;
    expect(prelude("I-01", ground)).not.toMatch(canary);
    expect(corpus.filter((attack) => canary.test(JSON.stringify(attack)))).toEqual([]);
  });

  it("begins with the guard of its place, so it runs nowhere else", () => {
    expect(prelude("I-01", { ...ground, guard: "[ -d /capsule ] || exit 1" }).split("\n")[0]).toBe(
      "[ -d /capsule ] || exit 1",
    );
  });

  it("fills the tables of docs/security.md", () => {
    expect(readFileSync(resolve(import.meta.dirname, "../../../docs/security.md"), "utf8")).toBe(securityPage());
    for (const id of ids) expect(securityPage()).toContain(`| ${id} | `);
  });
});

describe("the choice of attacks", () => {
  it("is the same sample for the same seed, and another one for another seed", () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it("takes 12 different held attacks for a sample, half of them without namespaces", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const sample = choicesOf("12", corpus, seed, localModes);
      expect(new Set(sample.map(({ attack }) => attack.id)).size).toBe(12);
      expect(sample.filter(({ mode }) => mode === "modes")).toHaveLength(6);
      expect(sample.filter(({ attack, route, mode }) => measured[route][mode][attack.id] !== "held")).toEqual([]);
      expect(sample.filter(({ route, mode }) => route === "recipe" && mode === "namespaces")).toHaveLength(2);
    }
  });

  it("takes named attacks, and all, by each route that can carry them, in both modes", () => {
    expect(choicesOf("I-01,V-02", corpus, 1, localModes)).toHaveLength(8);
    expect(choicesOf("I-60", corpus, 1, localModes).map(({ route }) => route)).toEqual(["recipe", "recipe"]);
    const local = corpus.filter((attack) => isPossible(attack, "modes")).flatMap((attack) => routesOf(attack));
    expect(choicesOf("all", corpus, 1, localModes)).toHaveLength(2 * local.length);
  });

  it("takes only the named modes and routes", () => {
    const some = choicesOf("I-01,V-02,recipe,namespaces", corpus, 1, localModes);
    expect(some.map(({ attack, route, mode }) => `${attack.id} ${route} ${mode}`)).toEqual([
      "I-01 recipe namespaces",
      "V-02 recipe namespaces",
    ]);
    expect(choicesOf("recipe,modes", corpus, 1, localModes)).toHaveLength(
      corpus.filter((attack) => isPossible(attack, "modes")).length,
    );
  });

  it("refuses other words with one sentence", () => {
    expect(() => choicesOf("I-01,X-99", corpus, 1, localModes)).toThrow(
      "MALICIOUS=I-01,X-99: expected `all`, a number or ids such as I-01, found X-99",
    );
  });

  it("gives an attack with a volume a machine of its own, and one machine no attack twice", () => {
    const all = choicesOf("all,namespaces", corpus, 1, localModes);
    const groups = groupsOf(all, 6, "namespaces");
    expect(new Set(groups.flat())).toEqual(new Set(all));
    for (const group of groups) {
      expect(group.length).toBeLessThanOrEqual(6);
      expect(new Set(group.map(({ attack }) => attack.id)).size).toBe(group.length);
      if (group.some(({ attack }) => attack.volume !== undefined)) expect(group).toHaveLength(1);
    }
  });
});
