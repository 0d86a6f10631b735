import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { logTexts, runCell, steps } from "../support/cell/startCell.ts";
import { type CellWorld, createCellWorld } from "../support/cell/world.ts";

const worlds: CellWorld[] = [];
function world(): CellWorld {
  const created = createCellWorld();
  worlds.push(created);
  return created;
}

afterEach(() => {
  for (const { root } of worlds.splice(0)) rmSync(root, { recursive: true, force: true });
});

describe("a cell that builds a pull request", () => {
  it("merges it, builds it with the real aliBuild, and sends the logs", async () => {
    const { hello, order, area } = world();
    const commit = hello.propose({ "hello.in": 'echo "echo changed"\n' });

    const { code, outcome, events, errors } = await runCell(order({ pullRequest: { number: 7, commit } }));

    expect(errors).toBe("");
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success", description: "", mergeBase: hello.tip() });
    expect(code).toBe(0);
    expect(steps(events)).toEqual(["prepare", "tool", "checkout", "merge", "doctor", "build", "logs", "clean"]);
    expect(Object.keys(logTexts(events)).slice(-2)).toEqual([
      "sw/BUILD/hellolib-latest/log",
      "sw/BUILD/hello-latest/log",
    ]);
    expect(readFileSync(join(area, "sw/fedora33_x86-64/hello/latest/bin/hello"), "utf8")).toBe("echo changed\n");
    expect(existsSync(join(area, "sw/BUILD/hello-latest-7"))).toBe(true);
  });
});
