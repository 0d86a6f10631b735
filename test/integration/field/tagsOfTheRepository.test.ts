import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aFieldWorld } from "../../support/field/fieldWorld.ts";

describe("a build that asks git for the newest tag", () => {
  it("gets the tags of the repository as in a clone", async () => {
    const world = aFieldWorld();
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", world.hello.path, "-c", "user.name=t", "-c", "user.email=t@t", ...args]);
    git("tag", "-a", "v1.1", "-m", "Version 1.1");
    git("tag", "nightly");
    world.hello.commit({ other: "next\n" });
    const head = world.hello.propose({
      "hello.in": 'git -C "$SOURCEDIR" describe >&2\ngit -C "$SOURCEDIR" tag >&2\necho "echo hello"\n',
    });
    git("update-ref", "refs/pull/1/head", head);

    const order = await world.orderFor(1, head);
    const { outcome, output } = await runCell(order);

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toMatch(/: v1\.1-2-g[0-9a-f]+\n/);
    expect(output()).toMatch(/: nightly\n/);
  });
});

describe("a build that asks git for its base branch", () => {
  it("gets the names of a clone, and the public address", async () => {
    const world = aFieldWorld();
    const base = world.hello.tip();
    const other = world.hello.propose({ other: "secret\n" });
    const head = world.hello.propose({
      "hello.in": [
        'cd "$SOURCEDIR"',
        'echo "names: $(git for-each-ref --format="%(refname)" | tr "\\n" " ")" >&2',
        'echo "tips: $(git rev-parse origin/master origin/HEAD "@{upstream}" $(git merge-base origin/master HEAD) | sort -u)" >&2',
        'echo "origin: $(git remote get-url origin)" >&2',
        'echo "echo hello"',
      ].join("\n"),
    });
    const git = (...args: string[]) => execFileSync("git", ["-C", world.hello.path, ...args]);
    git("update-ref", "refs/pull/2/head", other);
    git("update-ref", "refs/pull/1/head", head);

    await world.orderFor(2, other);
    const order = await world.orderFor(1, head);
    const { outcome, output } = await runCell(order);

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toMatch(
      /names: refs\/heads\/master refs\/remotes\/origin\/HEAD refs\/remotes\/origin\/master refs\/tags\/v1\.0 \n/,
    );
    expect(output()).toMatch(new RegExp(`tips: ${base}\\n`));
    expect(output()).toContain(`origin: ${order.gitUrl}/o/hello\n`);
  });
});
