import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { applySteps, observeAreas } from "../../../src/builder/areas/apply.ts";
import { type Areas, createAreas } from "../../../src/builder/areas/areas.ts";
import { type AreaName, planAreas } from "../../../src/builder/areas/plan.ts";
import { asOwner, isRoot, owner } from "../../support/cell/asOwner.ts";

const area = (number: number, folder = "o2"): AreaName => ({ folder, name: String(number) });

function aPlace() {
  const root = mkdtempSync(join(tmpdir(), "builderpool-areas-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const clock = { time: 1_000_000, now: () => clock.time };
  const reports: string[] = [];
  const world = {
    areas: join(root, "area"),
    parked: join(root, "parked"),
    owner: isRoot ? { uid: owner, gid: owner } : undefined,
    clock,
    report: (sentence: string) => void reports.push(sentence),
  };
  mkdirSync(world.areas, { mode: 0o755 });
  mkdirSync(world.parked, { mode: 0o700 });
  chmodSync(root, 0o755);
  return { root, clock, reports, world, areas: createAreas(world) };
}

/** The work areas with the running order. */
function present(areas: string): readonly string[] {
  return readdirSync(areas).flatMap((folder) => readdirSync(join(areas, folder)).map((name) => `${folder}/${name}`));
}

/** Writes the name of the work area into the work area, as a build does. */
async function build(areas: Areas, wanted: AreaName): Promise<string | undefined> {
  const path = await areas.enter(wanted);
  const file = join(path, "who");
  return await asOwner(() => {
    const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    writeFileSync(file, `${wanted.folder}/${wanted.name}`);
    return before;
  });
}

describe("the work areas of pull requests", () => {
  it("gives each pull request its own area back, at the same path", async () => {
    const { areas, world } = aPlace();
    expect(await build(areas, area(1))).toBeUndefined();
    await areas.leave();
    expect(await build(areas, area(2))).toBeUndefined();
    await areas.leave();
    expect(present(world.areas)).toEqual([]);
    expect(await build(areas, area(1))).toBe("o2/1");
    expect(present(world.areas)).toEqual(["o2/1"]);
  });

  it("lists parked areas with the end of their last order, whatever times a build sets", async () => {
    const { areas, clock } = aPlace();
    await build(areas, area(1));
    clock.time = 2_000_000;
    await areas.leave();
    await build(areas, area(2));
    clock.time = 3_000_000;
    await areas.leave();
    const listed = (await areas.list()).toSorted((a, b) => a.lastUsed - b.lastUsed);
    expect(listed).toEqual([
      { folder: "o2", name: "1", lastUsed: 2_000_000 },
      { folder: "o2", name: "2", lastUsed: 3_000_000 },
    ]);
  });

  it.runIf(isRoot)("lets no build user enter a parked area, or put anything beside its own", async () => {
    const { areas, world } = aPlace();
    await build(areas, area(1));
    await areas.leave();
    const path = await areas.enter(area(2));
    await asOwner(() => {
      expect(() => readdirSync(world.parked)).toThrow("EACCES");
      expect(() => mkdirSync(join(path, "../3"))).toThrow("EACCES");
      expect(() => renameSync(path, join(path, "../3"))).toThrow("EACCES");
      expect(() => mkdirSync(join(world.areas, "other"))).toThrow("EACCES");
    });
  });

  it("continues with an area whose top folder a build closed", async () => {
    const { areas } = aPlace();
    const path = await areas.enter(area(1));
    await asOwner(() => chmodSync(path, 0));
    await areas.leave();
    expect(await build(areas, area(2))).toBeUndefined();
    await areas.leave();
    expect(await build(areas, area(1))).toBeUndefined();
  });

  it("replaces a link or a file in place of an area by a new area, and leaves its target alone", async () => {
    const { areas, world, root } = aPlace();
    mkdirSync(join(root, "target"));
    writeFileSync(join(root, "target/who"), "target");
    mkdirSync(join(world.areas, "o2"));
    symlinkSync(join(root, "target"), join(world.areas, "o2/1"));
    writeFileSync(join(world.areas, "o2/2"), "");
    writeFileSync(join(world.areas, "stray"), "");
    expect(await build(areas, area(1))).toBeUndefined();
    expect(readFileSync(join(root, "target/who"), "utf8")).toBe("target");
    expect(lstatSync(join(world.areas, "o2/1")).isDirectory()).toBe(true);
    expect(present(world.areas)).toEqual(["o2/1"]);
  });

  it("makes a new area after a build moved its own away", async () => {
    const { areas, world } = aPlace();
    const path = await areas.enter(area(1));
    renameSync(path, join(world.areas, "o2/elsewhere"));
    await areas.leave();
    expect(await build(areas, area(1))).toBeUndefined();
    expect(present(world.areas)).toEqual(["o2/1"]);
  });

  it("parks the folders of an earlier layout as strange areas, which can be entered for deletion", async () => {
    const { areas, world } = aPlace();
    mkdirSync(join(world.areas, "o2/sw/BUILD"), { recursive: true });
    await areas.leave();
    const [strange] = await areas.list();
    expect(strange).toMatchObject({ folder: ".strange" });
    const path = await areas.enter(strange as AreaName);
    expect(readdirSync(path)).toEqual(["BUILD"]);
    expect(await areas.discard(strange as AreaName)).toBe(false);
    rmSync(join(path, "BUILD"), { recursive: true });
    expect(await areas.discard(strange as AreaName)).toBe(true);
    await areas.leave();
    expect(await areas.list()).toEqual([]);
  });

  it("never holds two areas, and loses none, whatever happens and wherever a process dies", async () => {
    const happening = fc.oneof(
      fc.record({ what: fc.constant("build" as const), number: fc.nat(4), folder: fc.constantFrom("o2", "lite") }),
      fc.record({ what: fc.constant("die" as const), number: fc.nat(4), after: fc.nat(3) }),
      fc.record({ what: fc.constantFrom("close" as const, "leave" as const), number: fc.nat(4) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
        const { areas, world, reports, root } = aPlace();
        const built = new Set<string>();
        for (const one of happenings) {
          if (one.what === "build") {
            const name = `${one.folder}/${one.number}`;
            expect(await build(areas, area(one.number, one.folder))).toBe(built.has(name) ? name : undefined);
            built.add(name);
            expect(present(world.areas)).toEqual([name]);
          } else if (one.what === "die") {
            const steps = planAreas(await observeAreas(world), area(one.number), () => "fresh");
            await applySteps(world, steps.slice(0, one.after));
          } else if (one.what === "close") {
            for (const name of present(world.areas)) chmodSync(join(world.areas, name), 0);
          } else await areas.leave();
          expect(present(world.areas).length).toBeLessThan(2);
        }
        await areas.leave();
        const parked = (await areas.list()).map(({ folder, name }) => `${folder}/${name}`);
        expect(parked).toEqual(expect.arrayContaining([...built]));
        expect(reports).toEqual([]);
        rmSync(root, { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
  });
});
