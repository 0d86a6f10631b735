import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const cacheModule = resolve(import.meta.dirname, "../../support/cluster/programs/cache.ts");
const key = "a".repeat(64);

/** Requests `key`, prints that it makes the artifact, and never ends. */
const maker = `
  const { cached } = await import(${JSON.stringify(cacheModule)});
  await cached("it", ${JSON.stringify(key)}, () => new Promise((never) => { console.log("making"); setInterval(() => {}, 1000); }));
`;
/** Requests the artifact. Prints whether it made the artifact. */
const requester = `
  const { cached } = await import(${JSON.stringify(cacheModule)});
  await cached("it", ${JSON.stringify(key)}, async () => console.log("made"));
  console.log("done");
`;

describe("the cache of slow artifacts", () => {
  let home = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "cache-"));
    mkdirSync(join(home, "builderpool"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  function run(program: string) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, XDG_CACHE_HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk));
    return { child, output: () => text, exit: once(child, "exit") };
  }

  it("makes an artifact once for any number of concurrent requests", async () => {
    const requesters = Array.from({ length: 3 }, () => run(requester));
    await Promise.all(requesters.map(({ exit }) => exit));
    expect(requesters.map(({ output }) => output()).toSorted()).toEqual(["done\n", "done\n", "made\ndone\n"]);
  });

  it("does not wait for a killed maker, even if its pid is in use again", async () => {
    const first = run(maker);
    await expect.poll(first.output, { timeout: 10_000 }).toBe("making\n");
    first.child.kill("SIGKILL");
    await first.exit;
    // After a reboot, or in the next container, another process may have the pid in the lock file.
    writeFileSync(join(home, "builderpool", `${key}.lock`), String(process.pid));

    const second = run(requester);
    await expect.poll(second.output, { timeout: 10_000 }).toBe("made\ndone\n");
    await second.exit;
  });

  it("deletes artifacts that are unused for two weeks or unfinished", async () => {
    const old = ["b".repeat(64), `${"c".repeat(64)}.new`];
    for (const name of old) {
      mkdirSync(join(home, "builderpool", name));
      utimesSync(join(home, "builderpool", name), 0, 0);
    }
    await run(requester).exit;
    const left = readdirSync(join(home, "builderpool"));
    expect(left).toContain(key);
    expect(left.filter((name) => old.includes(name))).toEqual([]);
  });
});
