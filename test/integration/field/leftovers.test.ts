import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aFieldWorld } from "../../support/field/fieldWorld.ts";

const deep = `python3 - "$1" <<'END'
import os, sys
os.chdir(sys.argv[1])
for _ in range(60):
    os.mkdir("nested-" + "x" * 90)
    os.chdir("nested-" + "x" * 90)
open("leaf", "w").write("x")
END
`;
const strange = `python3 - "$1" <<'END'
import os, sys
d = sys.argv[1].encode()
open(d + b"/caf\\xe9.txt", "w").write("x")
os.makedirs(d + b"/d\\xff", exist_ok=True)
END
`;

describe("a build that leaves what nobody can spell or delete", () => {
  it.each([
    ["a path of 6000 bytes in the sources", deep, "$SOURCEDIR"],
    ["a path of 6000 bytes beside the sources", deep, "$SOURCEDIR/.."],
    ["a path of 6000 bytes in TMPDIR", deep, "$TMPDIR"],
    ["names that are not UTF-8 in the sources", strange, "$SOURCEDIR"],
    ["names that are not UTF-8 in TMPDIR", strange, "$TMPDIR"],
  ])("gets its verdict and leaves nothing to the next build: %s", async (_, script, place) => {
    const world = aFieldWorld();
    const propose = (number: number, text: string) => {
      const head = world.hello.propose({ "hello.in": text });
      execFileSync("git", ["-C", world.hello.path, "update-ref", `refs/pull/${number}/head`, head]);
      return head;
    };
    const bad = propose(1, `set -- "$(readlink -f "${place}")"\n${script.replaceAll("\\\\", "\\")}exit 1\n`);
    const fine = propose(2, "echo two\n");

    expect((await world.build(1, bad)).outcome).toMatchObject({ result: "Failure" });
    const order = await world.orderFor(2, fine);
    expect((await world.build(2, fine)).outcome).toMatchObject({ result: "Success" });

    expect(readdirSync(order.paths.tmp)).toEqual([]);
    expect(readdirSync(world.area).toSorted()).toEqual(["alidist", "hello", "sw"]);
    expect(readdirSync(join(world.area, "hello")).toSorted()).toEqual([".git", "docs", "hello.in"]);
  });
});
