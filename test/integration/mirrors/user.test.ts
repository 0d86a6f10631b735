import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMirrors } from "../../../src/builder/git/mirrors.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { never } from "../../support/builder/mirrorWorld.ts";
import { createRepository } from "../../support/cell/repository.ts";
import { serveGit } from "../../support/github/git/serve.ts";

const user = { uid: 64_890, gid: 64_890 };

/** A server of one repository, which looks at the processes of git during each request. */
async function aWorld() {
  const root = mkdtempSync(join(tmpdir(), "builderpool-git-user-"));
  chmodSync(root, 0o711);
  onTestFinished(() => rmSync(root, { recursive: true }));
  const hello = createRepository(join(root, "remote/o/hello"), { file: "one\n" });
  symlinkSync(hello.mirror, join(root, "remote/o/hello.git"));
  const users = new Set<number>();
  const server = createServer((request, response) => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const uid = userOfFetch(pid, root);
      if (uid !== undefined) users.add(uid);
    }
    serveGit(join(root, "remote"), "", request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const gitUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = join(root, "mirrors");
  const fetchAs = (one: typeof user | undefined, from = gitUrl) =>
    createMirrors({
      directory,
      clock,
      log: createLog({ level: "silent" }),
      environment: { PATH: process.env["PATH"] ?? "" },
      user: one,
      signal: never,
    }).fetch({ gitUrl: from, repository: "o/hello", branch: "master", timeoutMs: 20_000 }, never);
  return { root, hello, users, fetchAs, mirror: join(directory, "o/hello.git") };
}

/** The user of a process that fetches into a folder; undefined for other processes. */
function userOfFetch(pid: string, folder: string): number | undefined {
  try {
    const isFetch = readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("git\0fetch\0");
    if (!isFetch || !readFileSync(`/proc/${pid}/environ`, "latin1").includes(`HOME=${folder}`)) return undefined;
    return Number(/^Uid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined; // the process has ended
  }
}

const ownersIn = (folder: string) =>
  new Set(readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => lstatSync(join(folder, name)).uid));

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")("the user of git", () => {
  it("fetches, and owns the mirror but no folder above it", async () => {
    const { hello, users, fetchAs, mirror } = await aWorld();
    expect((await fetchAs(user)).commit).toBe(hello.tip());
    expect([...users]).toEqual([user.uid]);
    expect(ownersIn(mirror)).toEqual(new Set([user.uid]));
    expect([mirror, `${mirror}/..`, `${mirror}/../..`].map((path) => lstatSync(path).uid)).toEqual([user.uid, 0, 0]);
    // Cells of other users read the mirror.
    expect(lstatSync(join(mirror, "HEAD")).mode & 0o044).toBe(0o044);
  });

  it("takes over a mirror of root or of an earlier user", async () => {
    const { hello, fetchAs, mirror } = await aWorld();
    for (const one of [undefined, { uid: 64_891, gid: 64_891 }, user]) {
      const next = hello.commit({ file: `${one?.uid}\n` });
      expect((await fetchAs(one)).commit).toBe(next);
      expect(ownersIn(mirror)).toEqual(new Set([one?.uid ?? 0]));
    }
  });

  it("is not used for a folder of this machine, which only its owner may read", async () => {
    const { root, hello, fetchAs, mirror } = await aWorld();
    chmodSync(join(root, "remote"), 0o700);
    const folder = `file://${join(root, "remote")}`;
    expect((await fetchAs(user, folder)).commit).toBe(hello.tip());
    await fetchAs(user);
    expect(ownersIn(mirror)).toEqual(new Set([user.uid]));
    const next = hello.commit({ file: "two\n" });
    expect((await fetchAs(user, folder)).commit).toBe(next);
  });

  it("leads root to no other file by a link in its mirror", async () => {
    const { root, hello, fetchAs, mirror } = await aWorld();
    await fetchAs(user);
    const victim = join(root, "victim");
    writeFileSync(victim, "untouched");
    for (const name of ["builderpool.json", "builderpool.json.new", "tmp_victim"])
      symlinkSync(victim, join(mirror, name));
    hello.commit({ file: "two\n" });
    await fetchAs(user);
    expect([readFileSync(victim, "utf8"), lstatSync(victim).uid]).toEqual(["untouched", 0]);
  });
});
