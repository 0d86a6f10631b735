import { describe, expect, it } from "vitest";
import { tryFleeing } from "../../../src/agent/doctor/fleeing.ts";
import { node } from "../../support/cell/serveCell.ts";

describe.runIf(process.getuid?.() === 0)(
  "a process of the build user with a session of its own and no environment",
  () => {
    it("is found and killed", async () => {
      const uid = 63_000 - 1 - (process.pid % 400);
      expect(await tryFleeing(node, { uid, gid: uid })).toEqual({ wasFound: true, left: 0 });
    });
  },
);
