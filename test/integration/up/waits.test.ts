import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { anInstallation, greeting, type Installation } from "../../support/up/installation.ts";

async function aMachine(): Promise<Installation> {
  const machine = await anInstallation();
  onTestFinished(() => machine.close());
  return machine;
}

describe("a wait", () => {
  it("of a restart behind another restart stands where people look", async () => {
    const machine = await aMachine();
    await machine.declare({ instances: 2, update: { maxUnavailable: 1 } });
    const up = machine.up();
    await up.line(/hello-0: ready/);
    await up.line(/hello-1: ready/);
    await machine.propose("Patience", { ...greeting("Hello"), "test/patience.test": "sleep 60\n" });
    const building = async () =>
      (await machine.get<"Builder">("builders")).find(({ status }) => status?.step === "build")?.metadata.name;
    await expect.poll(building, { timeout: 60_000 }).toBeDefined();
    const busy = await building();
    const idle = busy === "hello-0" ? "hello-1" : "hello-0";
    await machine.run("restart", busy ?? "");
    await up.line(new RegExp(`${busy}: draining`));
    await machine.run("restart", idle);
    const reason = `"${idle}" waits for its restart: at least 1 of 2 builders stay in service, and "${busy}" drains`;
    await expect.poll(async () => (await machine.run("get", "builders")).stdout, { timeout: 20_000 }).toContain(reason);
    expect((await machine.run("explain", "alice/hello#1")).stdout).toContain(reason);
    expect((await machine.run("plan", "-f", machine.poolFile)).stdout).toContain(
      `hello: the file matches the running pool\n  1. ${reason}\n`,
    );
    const larger = join(machine.directory, "larger.yaml");
    await writeFile(larger, (await readFile(machine.poolFile, "utf8")).replace("instances: 2", "instances: 3"));
    expect((await machine.run("plan", "-f", larger)).stdout).toMatch(
      /hello: instances from 2 to 3\n(?: .*\n)* {2}\d\. Starts "hello-2", a new builder, which warms up and joins the partition\n/,
    );
    await expect
      .poll(async () => (await machine.run("get", "builders")).stdout, { timeout: 120_000 })
      .not.toContain("waits for its restart");
  });

  it("of `up` for a warm-up that is retried says what failed, and when the next try is", async () => {
    const machine = await aMachine();
    const { apiUrl } = machine.github;
    await machine.declare({ github: { apiUrl, gitUrl: "http://127.0.0.1:1", pollInterval: "1s" } }, "unreachable");
    await machine.propose("Greet", greeting("Hello"));
    const up = machine.up("--until-idle");
    await up.line(/waiting: .*; unreachable-0: fetching .*; next try at \d\d:\d\d:\d\d UTC/, 90_000);
    await expect
      .poll(async () => (await machine.run("get", "builders")).stdout, { timeout: 90_000 })
      .toMatch(/next try at \d\d:\d\d:\d\d UTC/);
  });
});
