import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, type Installation, type UpProcess } from "../../support/up/installation.ts";

describe("builderpool up, restarted with partly unreadable files", () => {
  let machine: Installation;
  let other: string;
  let good: string;
  let up: UpProcess;
  const pools = async () => (await machine.get("pools")).map(({ metadata }) => metadata.name).toSorted();
  beforeAll(async () => {
    machine = await anInstallation();
    other = join(machine.directory, "other.yaml");
    await machine.declare({ instances: 0 }, "other");
    good = await readFile(machine.poolFile, "utf8");
    await writeFile(other, good);
    await machine.declare({ instances: 0 });
    const before = machine.up("-f", other);
    await before.line(/other: created/);
    await before.line(/result pages/);
    before.kill("SIGTERM");
    await before.ended;
    await writeFile(other, good.replace("instances: 0", "instances: none"));
    up = machine.up("-f", other);
  });
  afterAll(() => machine.close());

  it("keeps a pool that it cannot find, since the broken part may contain it", async () => {
    await up.line(/other\.yaml:\d+: spec\.instances: expected a number/);
    await up.line(
      /other: not found in the readable part of the files; the pool stays unchanged until the files are corrected/,
    );
    expect(await pools()).toEqual(["hello", "other"]);
  });

  it("deletes the pool once all files are readable and do not contain it", async () => {
    await writeFile(other, good.replace("name: other", "name: another"));
    await up.line(/other: is no longer in the files/);
    await expect.poll(pools, { timeout: 20_000 }).toEqual(["another", "hello"]);
  });
});
