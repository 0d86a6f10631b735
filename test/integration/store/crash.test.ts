import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { brief, follow } from "../../contract/follow.ts";
import { aBuild } from "../../contract/objects.ts";

const rounds = 10;
const writer = join(import.meta.dirname, "writer.ts");

/** The last acknowledged write per name: `created`, the number of an attempt, or `deleted`. */
type Acknowledged = Map<string, string>;

describe("the embedded store with several processes", () => {
  let folder: string;
  const open = (file: string) => openEmbeddedStore({ file, clock: systemClock, log: createLog({ level: "silent" }) });
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "store-crash-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /**
   * A process that writes until kill -9. The kill follows when `end` resolves; `end` is called after the first
   * acknowledged write.
   */
  async function killedWriter(
    file: string,
    prefix: string,
    end: () => Promise<unknown>,
    acknowledged: Acknowledged,
  ): Promise<void> {
    const child = spawn(process.execPath, [writer, file, prefix], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (output === "") void end().then(() => child.kill("SIGKILL"));
      output += text;
    });
    await new Promise((resolve) => child.on("close", resolve));
    for (const [, name = "", said = ""] of output.matchAll(/^(\S+) (\S+)\n/gm)) acknowledged.set(name, said);
  }

  it("loses no acknowledged write to kill -9 at any instant", { timeout: 60_000 }, async () => {
    const file = join(folder, "killed.db");
    const acknowledged: Acknowledged = new Map();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        ["a", "b"].map((prefix) =>
          killedWriter(file, `${prefix}${round}`, () => sleep(Math.random() * 150), acknowledged),
        ),
      );
      const store = open(file);
      const found = new Map((await store.list("Build")).map((build) => [build.metadata.name, build]));
      for (const [name, said] of acknowledged) {
        const attempt = found.get(name)?.status?.attempt ?? 0;
        if (said === "deleted") expect(found.has(name), name).toBe(false);
        else if (said === "created") expect(found.has(name), name).toBe(true);
        // After the third attempt the deletion may be stored and not yet acknowledged.
        else if (found.has(name) || said !== "3") expect(attempt, name).toBeGreaterThanOrEqual(Number(said));
      }
      store.close();
    }
    expect(acknowledged.size).toBeGreaterThan(rounds);
  });

  it("delivers the writes of another process to a watch, and accepts writes of both", { timeout: 30_000 }, async () => {
    const file = join(folder, "shared.db");
    const store = open(file);
    const builds = follow(store, "Build");
    await builds.synced();
    const seen = Promise.withResolvers<void>();
    const acknowledged: Acknowledged = new Map();
    const other = killedWriter(file, "theirs", () => seen.promise, acknowledged);
    await builds.until((change) => brief(change) === "Added theirs-4");
    await store.create("Build", aBuild("ours"));
    await builds.until((change) => brief(change) === "Added ours");
    seen.resolve();
    await other;
    await builds.stop();

    expect(acknowledged.get("theirs-0")).toBe("deleted");
    expect(await store.get("Build", "theirs-0")).toBeUndefined();
    store.close();
  });

  it("can be created by several processes at the same time", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const acknowledged: Acknowledged = new Map();
      const file = join(folder, `new-${round}.db`);
      await Promise.all(["a", "b", "c"].map((prefix) => killedWriter(file, prefix, () => sleep(0), acknowledged)));

      expect([...acknowledged.keys()]).toEqual(expect.arrayContaining(["a-0", "b-0", "c-0"]));
    }
  });
});
