import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { aFieldWorld } from "../../support/field/fieldWorld.ts";

describe("a branch that becomes a folder of branches", () => {
  it.each([
    ["master", "master/2026"],
    ["release/1", "release"],
  ])("is built after the rename of %s to %s", async (from, to) => {
    const world = aFieldWorld();
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", world.hello.path, ...args], { encoding: "utf8" }).trim();
    const head = world.hello.propose({ "hello.in": "echo changed\n" });
    git("update-ref", "refs/pull/1/head", head);
    git("checkout", "-q", "--detach", "master");
    if (from !== "master") git("branch", "-m", "master", from);
    expect((await world.build(1, head, { branch: from })).outcome).toMatchObject({ result: "Success" });

    git("branch", "-m", from, "between");
    git("branch", "-m", "between", to);

    expect((await world.build(1, head, { branch: to })).outcome).toMatchObject({ result: "Success" });
  });
});
