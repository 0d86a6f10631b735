import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBuilderUsers } from "../../../../src/local/cells/builderUsers.ts";

describe("the users of builds on one machine", () => {
  const first = { uid: 65002, gid: 65002 };
  let builders = "";
  beforeEach(() => {
    builders = mkdtempSync(join(tmpdir(), "builders-"));
  });
  afterEach(() => rmSync(builders, { recursive: true }));

  function ids(names: readonly string[]): readonly number[] {
    return names.map(createBuilderUsers(builders, first).userOf).map(({ uid }) => uid);
  }

  it("assign each builder its own stable id", () => {
    expect(ids(["a-0", "a-1", "b-0", "a-0"])).toEqual([65002, 65003, 65004, 65002]);
  });

  it("never share an id, so builder 501 has none", () => {
    const names = Array.from({ length: 500 }, (_, n) => `a-${n}`);
    expect(new Set(ids(names)).size).toBe(500);
    expect(() => ids([...names, "a-500"])).toThrow(
      "builder a-500 has no user: the ids 65002 to 65501 are in use; choose another range with --cell-user UID",
    );
  });

  it("keep the group of the first user only for the first user", () => {
    const { userOf } = createBuilderUsers(builders, { uid: 70_000, gid: 20 });
    expect([userOf("a-0"), userOf("a-1")]).toEqual([
      { uid: 70_000, gid: 20 },
      { uid: 70_001, gid: 70_001 },
    ]);
  });

  it("skip ids that cannot be claimed", () => {
    const { userOf } = createBuilderUsers(builders, first, (uid) => uid > 65_003);
    expect([userOf("a-0"), userOf("a-1")].map(({ uid }) => uid)).toEqual([65_004, 65_005]);
  });

  it("start at the first id when the folder is missing", () => {
    expect(createBuilderUsers(join(builders, "none"), first).userOf("a-0")).toEqual({ uid: 65002, gid: 65002 });
  });

  it.runIf(process.getuid?.() === 0)(
    "keep the id of each builder across restarts, and reserve the ids of absent builders",
    () => {
      for (const [name, uid] of Object.entries({ "a-0": 65003, "a-1": 65002, "a-2": 65002, "a-3": 0 })) {
        mkdirSync(join(builders, name, "area"), { recursive: true });
        chownSync(join(builders, name, "area"), uid, uid);
      }
      expect(ids(["a-3", "a-2", "a-1", "a-0"])).toEqual([65004, 65005, 65002, 65003]);
    },
  );
});
