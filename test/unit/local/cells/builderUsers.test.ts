import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBuilderUsers } from "../../../../src/local/cells/builderUsers.ts";

describe("the users of builds on one machine", () => {
  let builders = "";
  beforeEach(() => {
    builders = mkdtempSync(join(tmpdir(), "builders-"));
  });
  afterEach(() => rmSync(builders, { recursive: true }));

  function ids(names: readonly string[]): readonly number[] {
    return names.map(createBuilderUsers(builders, 65002)).map(({ uid }) => uid);
  }

  it("assign each builder its own stable id", () => {
    expect(ids(["a-0", "a-1", "b-0", "a-0"])).toEqual([65002, 65003, 65004, 65002]);
  });

  it("share the first id beyond 500 builders", () => {
    expect(ids(Array.from({ length: 502 }, (_, n) => `a-${n}`)).slice(-3)).toEqual([65501, 65002, 65002]);
  });

  it("start at the first id when the folder is missing", () => {
    expect(createBuilderUsers(join(builders, "none"), 65002)("a-0")).toEqual({ uid: 65002, gid: 65002 });
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
