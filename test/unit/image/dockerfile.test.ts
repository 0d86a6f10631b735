import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { programs } from "../../../scripts/build/bundle.ts";

const root = resolve(import.meta.dirname, "../../..");
const text = readFileSync(resolve(root, "Dockerfile"), "utf8").replaceAll("\\\n", "");
const instructions = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly lines: string[];
}

const stages: Stage[] = [];
for (const line of instructions) {
  const { from, name } = /^FROM (?<from>\S+) AS (?<name>\S+)$/.exec(line)?.groups ?? {};
  if (from !== undefined && name !== undefined) stages.push({ from, name, lines: [] });
  else stages.at(-1)?.lines.push(line);
}
const images = stages.filter(({ lines }) => lines.some((line) => line.startsWith("ENTRYPOINT")));

describe("the Dockerfile", () => {
  it("has the images of the chart, one for each program that a pod starts", () => {
    expect(images.map(({ name }) => name).sort()).toEqual(["builder", "logs", "operator"]);
  });

  it("has one base image, pinned by digest and set by an argument", () => {
    expect(text).toMatch(/^ARG BASE=\S+@sha256:[0-9a-f]{64}$/m);
    const known = new Set(["$" + "{BASE}", "scratch", ...stages.map(({ name }) => name)]);
    expect(stages.filter(({ from }) => !known.has(from))).toEqual([]);
  });

  it("runs as a numeric user other than root", () => {
    for (const { lines } of images)
      expect(lines.findLast((line) => line.startsWith("USER"))).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
  });

  it("has no shell in the images of operator and log service", () => {
    const bare = images.filter(({ from }) => from === "scratch").map(({ name }) => name);
    expect(bare.sort()).toEqual(["logs", "operator"]);
  });

  it("runs no package manager of Node", () => {
    expect(instructions.filter((line) => /\b(npm|npx|yarn|corepack)\b/.test(line))).toEqual([]);
  });

  it("uses only instructions that docker and buildah both support", () => {
    expect(instructions.filter((line) => /<<|--link|^ADD |--mount=type=bind/.test(line))).toEqual([]);
  });

  it("copies every bundle, and .dockerignore excludes every other file", () => {
    const copied = instructions.flatMap((line) => line.match(/dist\/\S+\.mjs/g) ?? []);
    const bundles = Object.keys(programs).map((name) => `dist/${name}.mjs`);
    expect(copied.map((name) => name.replace("*", "")).sort()).toEqual(bundles.sort());
    expect(readFileSync(resolve(root, ".dockerignore"), "utf8")).toBe("*\n!dist/*.mjs\n");
  });
});
