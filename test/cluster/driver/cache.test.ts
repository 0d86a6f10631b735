import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const cacheModule = resolve(import.meta.dirname, "../../support/cluster/programs/cache.ts");
const key = "a".repeat(64);

/** Asks for `key`, says that it makes it, and never ends. */
const maker = `
  const { cached } = await import(${JSON.stringify(cacheModule)});
  await cached("it", ${JSON.stringify(key)}, () => new Promise((never) => { console.log("making"); setInterval(() => {}, 1000); }));
`;
/** Asks for it and says where it is, or that it made it. */
const asker = `
  const { cached } = await import(${JSON.stringify(cacheModule)});
  await cached("it", ${JSON.stringify(key)}, async () => console.log("made"));
  console.log("done");
`;

describe("the cache of what takes long to make", () => {
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
    let said = "";
    child.stdout.on("data", (text: Buffer) => (said += text));
    return { child, said: () => said, exit: once(child, "exit") };
  }

  it("makes a thing once, however many ask for it at the same time", async () => {
    const askers = Array.from({ length: 3 }, () => run(asker));
    await Promise.all(askers.map(({ exit }) => exit));
    expect(askers.map(({ said }) => said()).toSorted()).toEqual(["done\n", "done\n", "made\ndone\n"]);
  });

  it("is not kept waiting by one that was killed, whoever has its number now", async () => {
    const first = run(maker);
    await expect.poll(first.said, { timeout: 10_000 }).toBe("making\n");
    first.child.kill("SIGKILL");
    await first.exit;
    // as after a boot, or in the next container: somebody else has the number that stands in a file
    writeFileSync(join(home, "builderpool", `${key}.lock`), String(process.pid));

    const second = run(asker);
    await expect.poll(second.said, { timeout: 10_000 }).toBe("made\ndone\n");
    await second.exit;
  });

  it("forgets what nobody used for two weeks, and what was never finished", async () => {
    const old = ["b".repeat(64), `${"c".repeat(64)}.new`];
    for (const name of old) {
      mkdirSync(join(home, "builderpool", name));
      utimesSync(join(home, "builderpool", name), 0, 0);
    }
    await run(asker).exit;
    const left = readdirSync(join(home, "builderpool"));
    expect(left).toContain(key);
    expect(left.filter((name) => old.includes(name))).toEqual([]);
  });
});
