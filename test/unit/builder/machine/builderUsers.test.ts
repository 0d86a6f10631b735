import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBuilderUsers } from "../../../../src/builder/machine/builderUsers.ts";

describe("the users of builders on one machine", () => {
  const first = { build: { uid: 65002, gid: 65002 }, base: { uid: 66002, gid: 66002 } };
  let builders = "";
  beforeEach(() => {
    builders = mkdtempSync(join(tmpdir(), "builders-"));
  });
  afterEach(() => rmSync(builders, { recursive: true }));

  function ids(names: readonly string[]): readonly (readonly number[])[] {
    return names.map(createBuilderUsers(builders, first).usersOf).map(({ build, base }) => [build.uid, base.uid]);
  }

  it("are two stable ids for each builder, one of each range", () => {
    expect(ids(["a-0", "a-1", "b-0", "a-0"])).toEqual([
      [65002, 66002],
      [65003, 66003],
      [65004, 66004],
      [65002, 66002],
    ]);
  });

  it("never share an id, so builder 501 has none", () => {
    const names = Array.from({ length: 500 }, (_, n) => `a-${n}`);
    expect(new Set(ids(names).flat()).size).toBe(1000);
    expect(() => ids([...names, "a-500"])).toThrow(
      "builder a-500 has no user: the ids 65002 to 65501 are in use; choose another range with --cell-user UID",
    );
  });

  it("keep the group of the first user only for the first user", () => {
    const { usersOf } = createBuilderUsers(builders, { ...first, build: { uid: 70_000, gid: 20 } });
    expect([usersOf("a-0").build, usersOf("a-1").build]).toEqual([
      { uid: 70_000, gid: 20 },
      { uid: 70_001, gid: 70_001 },
    ]);
  });

  it("skip ids that cannot be claimed", () => {
    const { usersOf } = createBuilderUsers(builders, first, (uid) => ![65_002, 65_003, 66_002].includes(uid));
    expect([usersOf("a-0"), usersOf("a-1")].map(({ build, base }) => [build.uid, base.uid])).toEqual([
      [65_004, 66_003],
      [65_005, 66_004],
    ]);
  });

  it("start at the first id when the folder is missing", () => {
    expect(createBuilderUsers(join(builders, "none"), first).usersOf("a-0")).toEqual(first);
  });

  it.runIf(process.getuid?.() === 0)(
    "keep the ids of each builder across restarts, and reserve the ids of absent builders",
    () => {
      const owners = { "a-0": [65003, 66002], "a-1": [65002, 66003], "a-2": [65002, 66002], "a-3": [0, 66005] };
      for (const [name, [build = 0, base = 0]] of Object.entries(owners)) {
        for (const [folder, uid] of [["home", build] as const, ["tools", base] as const]) {
          mkdirSync(join(builders, name, folder), { recursive: true });
          chownSync(join(builders, name, folder), uid, uid);
        }
      }
      expect(ids(["a-3", "a-2", "a-1", "a-0"])).toEqual([
        [65004, 66005],
        [65005, 66004],
        [65002, 66003],
        [65003, 66002],
      ]);
      expect(
        createBuilderUsers(builders, first)
          .reserved.map(({ uid }) => uid)
          .toSorted(),
      ).toEqual([65002, 65003, 66002, 66003, 66005]);
    },
  );
});
