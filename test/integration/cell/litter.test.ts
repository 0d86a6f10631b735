import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

const isRoot = process.getuid?.() === 0;
const user = 78_002;

/** Leaves entries in every folder of the cell, with names, depths and modes that hinder a deletion. */
const litter = `
import os
home, tmp, source = (os.environ[name] for name in ("HOME", "TMPDIR", "SOURCEDIR"))
area = os.path.dirname(source)
for folder in (tmp, source, area):
    os.chdir(folder)
    open(b"caf\\xe9.txt", "w").close()
    os.makedirs(b"d\\xff/closed/inner")
    os.chmod(b"d\\xff/closed", 0)
    os.makedirs("closed/inner")
    os.chmod("closed", 0)
    for _ in range(60):
        os.mkdir("nested-" + "x" * 90)
        os.chdir("nested-" + "x" * 90)
for folder in (source, home + "/.config", area + "/sw/BUILD", area, tmp, home):
    os.chmod(folder, 0)
`;

describe("a build that leaves undeletable entries", () => {
  it("does not stop the builds after it on the same folders", async () => {
    const world = aCellWorld();
    const { root, hello } = world;
    chmodSync(root, 0o755);
    const args = isRoot ? ["--user", `${user}:${user}`] : [];
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
    const build = (number: number, script: string) => {
      const order = world.order({ pullRequest: { number, commit: hello.propose({ "hello.in": script }) } });
      return { ...order, paths: { ...order.paths, tools: join(root, "work/tools") } };
    };
    const bad = build(1, `python3 - >&2 <<'END'\n${litter}\nEND\nexit 1\n`);
    const { area, tmp, home, tools } = bad.paths;
    for (const path of [area, tmp, home, tools]) {
      mkdirSync(path, { recursive: true });
      if (isRoot) chownSync(path, user, user);
    }

    const first = await runCell(bad, { args, env });
    const second = await runCell(build(2, "echo 2\n"), { args, env });
    const { pullRequest: _, ...third } = build(3, "echo 3\n");
    const cleaned = await runCell({ ...third, cell: "base", task: "clean" }, { args, env });

    expect(first.outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    expect(second.outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    expect(cleaned.outcome).toMatchObject({ kind: "Done" });
    expect(second.errors + cleaned.errors).not.toContain("was not deleted");
    expect(readdirSync(tmp)).toEqual([]);
    expect(readdirSync(area).toSorted()).toEqual(["alidist", "hello", "sw"]);
    expect(readdirSync(join(area, "hello")).toSorted()).toEqual([".git", "docs", "hello.in"]);
    for (const folder of [area, tmp, home]) expect(statSync(folder).mode & 0o700).toBe(0o700);
  });
});
