import { describe, expect, it } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aTreeWorld } from "../../support/cell/treeWorld.ts";

/** A pull request with a submodule in `deps/fmt`, files of LFS, and a script. */
function propose(world: ReturnType<typeof aTreeWorld>, script: string): string {
  const { hello, source } = world;
  const plain = hello.propose({ "hello.in": script, ".gitattributes": "*.root filter=lfs diff=lfs merge=lfs -text\n" });
  const link = source(["mktree"], { input: `160000 commit ${"1".repeat(40)}\tfmt` });
  const entries = `${source(["ls-tree", plain])}\n040000 tree ${link}\tdeps`;
  const tree = source(["mktree"], { input: entries });
  const commit = source(["-c", "user.name=t", "-c", "user.email=t@t", "commit-tree", tree, "-p", plain, "-m", "link"]);
  source(["update-ref", `refs/pull/${commit}`, commit]);
  return commit;
}

describe("a pull request with submodules and files of LFS", () => {
  it("is red with a sentence about files that the checkout lacks, and green without them", async () => {
    const world = aTreeWorld();
    const red = propose(world, 'test -e "$SOURCEDIR/deps/fmt/CMakeLists.txt"\n');
    const green = propose(world, 'test -d "$SOURCEDIR/deps/fmt"\n');

    const failed = await runCell(world.order({ pullRequest: { number: 1, commit: red } }));
    const built = await runCell(world.order({ pullRequest: { number: 2, commit: green } }));

    expect(failed.outcome, failed.errors).toMatchObject({
      result: "Failure",
      missing:
        "Submodules are not checked out: deps/fmt is an empty directory. Files of Git LFS are not downloaded: the checkout has their pointer files.",
    });
    expect(built.outcome, built.errors).toMatchObject({ result: "Success" });
    expect(built.outcome).not.toHaveProperty("missing");
  });
});
