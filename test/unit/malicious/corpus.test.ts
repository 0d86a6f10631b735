import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { securityPage } from "../../../scripts/generate/securityPage.ts";
import { kinds, modes, prelude, routes, routesOf } from "../../malicious/attack.ts";
import { choicesOf } from "../../malicious/choose.ts";
import { corpus } from "../../malicious/corpus.ts";
import { measured } from "../../malicious/held.ts";
import { groupsOf } from "../../malicious/judge.ts";
import { pullRequestOf } from "../../malicious/pullRequest.ts";

const ids = corpus.map(({ id }) => id);
const drawn = (seed: number) =>
  choicesOf("12", corpus, seed).map(({ attack, route, mode }) => `${route} ${mode} ${attack.id}`);
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
      const { repository, files } = pullRequestOf({ attack, route: "recipe" }, "/run/reports");
      expect(repository).toBe("alisw/alidist");
      expect(Object.values(files).join("\n")).toContain(attack.script?.trim().split("\n").at(-1) ?? ":");
      const names = Object.keys(files).filter((name) => name.endsWith(".sh"));
      expect(names).toEqual(attack.recipes === undefined ? ["hello.sh"] : ["hellolib.sh"]);
    }
  });

  it("contains no canary, so that only a build that ran can leave one", () => {
    const canary = /canary-[0-9a-f]{12}-[A-Z]/;
    expect(prelude("I-01", "/run/reports")).not.toMatch(canary);
    expect(corpus.filter((attack) => canary.test(JSON.stringify(attack)))).toEqual([]);
  });

  it("refuses to run as a user of people or outside a sandbox", () => {
    const lines = prelude("I-01", "/run/reports").split("\n");
    expect(lines[0]).toBe('[ "$(id -u)" -ge 60000 ] || exit 1; case $HOME in */builders/*/*) ;; *) exit 1 ;; esac');
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
      const sample = choicesOf("12", corpus, seed);
      expect(new Set(sample.map(({ attack }) => attack.id)).size).toBe(12);
      expect(sample.filter(({ mode }) => mode === "modes")).toHaveLength(6);
      expect(sample.filter(({ attack, route, mode }) => measured[route][mode][attack.id] !== "held")).toEqual([]);
      expect(sample.filter(({ route, mode }) => route === "recipe" && mode === "namespaces")).toHaveLength(2);
    }
  });

  it("takes named attacks, and all, by each route that can carry them, in both modes", () => {
    expect(choicesOf("I-01,V-02", corpus, 1)).toHaveLength(8);
    expect(choicesOf("I-60", corpus, 1).map(({ route }) => route)).toEqual(["recipe", "recipe"]);
    const attempts = corpus.flatMap((attack) => routesOf(attack));
    expect(choicesOf("all", corpus, 1)).toHaveLength(2 * attempts.length);
  });

  it("takes only the named modes and routes", () => {
    const some = choicesOf("I-01,V-02,recipe,namespaces", corpus, 1);
    expect(some.map(({ attack, route, mode }) => `${attack.id} ${route} ${mode}`)).toEqual([
      "I-01 recipe namespaces",
      "V-02 recipe namespaces",
    ]);
    expect(choicesOf("recipe,modes", corpus, 1)).toHaveLength(corpus.length);
  });

  it("refuses other words with one sentence", () => {
    expect(() => choicesOf("I-01,X-99", corpus, 1)).toThrow(
      "MALICIOUS=I-01,X-99: expected `all`, a number or ids such as I-01, found X-99",
    );
  });

  it("gives an attack with a volume a machine of its own, and one machine no attack twice", () => {
    const all = choicesOf("all,namespaces", corpus, 1);
    const groups = groupsOf(all, 6);
    expect(new Set(groups.flat())).toEqual(new Set(all));
    for (const group of groups) {
      expect(group.length).toBeLessThanOrEqual(6);
      expect(new Set(group.map(({ attack }) => attack.id)).size).toBe(group.length);
      if (group.some(({ attack }) => attack.volume !== undefined)) expect(group).toHaveLength(1);
    }
  });
});
