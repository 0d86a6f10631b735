import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { aMirrorWorld, has } from "../../support/builder/mirrorWorld.ts";
import { serveGit } from "../../support/github/git/serve.ts";

const canMount = process.getuid?.() === 0 && process.platform === "linux";
/** Git over HTTP. Each connection breaks after `limit.most` bytes. */
async function gitWithByteLimit(repositories: string) {
  const limit = { most: Number.POSITIVE_INFINITY };
  const git = createServer((request, response) => serveGit(repositories, "", request, response));
  const path = createTcpServer((near) => {
    const far = connect((git.address() as AddressInfo).port, "127.0.0.1");
    let bytes = 0;
    far.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit.most) near.destroy();
    });
    for (const socket of [near, far]) socket.on("error", () => {});
    near.on("close", () => far.destroy());
    near.pipe(far).pipe(near);
  });
  for (const server of [git, path]) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
  }
  return { limit, gitUrl: `http://127.0.0.1:${(path.address() as AddressInfo).port}` };
}

describe("a mirror", () => {
  it("follows its branch", async () => {
    const { hello, fetch, mirror } = aMirrorWorld();
    expect(await fetch()).toEqual({ mirror, commit: hello.tip() });
    const next = hello.commit({ file: "two\n" });
    expect(await fetch()).toEqual({ mirror, commit: next });
  });

  it("follows a force-pushed branch, and keeps the old commits for trees that borrow them", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const { commit: before } = await fetch();
    git("commit", "-q", "--amend", "--allow-empty", "-m", "Rewritten", "--author", "t <t@t>");
    expect((await fetch()).commit).toBe(hello.tip());
    expect(has(mirror, before)).toBe(true);
  });

  it("joins its packs from time to time, and keeps every object", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const rewritten: string[] = [];
    for (let round = 0; round < 51; round += 1) {
      rewritten.push((await fetch()).commit);
      git("commit", "-q", "--amend", "--allow-empty", "-m", `Rewritten ${round}`, "--author", "t <t@t>");
    }
    await fetch();
    expect(readdirSync(join(mirror, "objects/pack")).filter((name) => name.endsWith(".pack")).length).toBeLessThan(10);
    expect(rewritten.filter((commit) => !has(mirror, commit))).toEqual([]);
    expect(has(mirror, hello.tip())).toBe(true);
  });

  it.runIf(canMount)("reports a full disk as DiskFull, not as a failure of the repository", async () => {
    const { root, hello, fetch } = aMirrorWorld();
    const disk = join(root, "mirrors");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2M", "tmpfs", disk]);
    onTestFinished(() => void execFileSync("umount", ["--lazy", disk]));
    await fetch();
    hello.commit({ file: randomBytes(2 ** 22).toString("base64") });
    await expect(fetch()).rejects.toMatchObject({
      reason: "DiskFull",
      message: expect.stringMatching(/^No space was left in the file system of .* to fetch o\/hello; free some, /),
    });
  });

  it("uses the default branch of the remote by default", async () => {
    const { hello, git, fetch } = aMirrorWorld();
    git("checkout", "-q", "-b", "develop");
    const tip = hello.commit({ file: "develop\n" });
    expect((await fetch({ branch: undefined })).commit).toBe(tip);
  });

  it("fetches the head of a pull request", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const commit = hello.propose({ file: "pull\n" });
    git("update-ref", "refs/pull/7/head", commit);
    expect((await fetch({ pull: { number: 7, commit } })).commit).toBe(hello.tip());
    expect(has(mirror, commit)).toBe(true);
  });

  it("fetches an old commit of a pull request", async () => {
    const { hello, git, fetch, mirror } = aMirrorWorld();
    const old = hello.propose({ file: "old\n" });
    git("update-ref", "refs/pull/7/head", hello.propose({ file: "new\n" }));
    git("config", "uploadpack.allowAnySHA1InWant", "true");
    await fetch({ pull: { number: 7, commit: old } });
    expect(has(mirror, old)).toBe(true);
  });

  it("reports a missing commit as CommitNotFound, not as FetchFailed (W-2)", async () => {
    const { hello, git, fetch } = aMirrorWorld();
    const gone = "0123456789".repeat(4);
    git("update-ref", "refs/pull/7/head", hello.tip());
    await expect(fetch({ pull: { number: 7, commit: gone } })).rejects.toMatchObject({ reason: "CommitNotFound" });
    await expect(fetch({ pull: { number: 8, commit: gone } })).rejects.toMatchObject({
      reason: "CommitNotFound",
      message: expect.stringContaining("o/hello#8"),
    });
  });

  it("reports the repository and git's last line when a fetch fails", async () => {
    const { fetch } = aMirrorWorld();
    await expect(fetch({ repository: "o/nothing" })).rejects.toMatchObject({
      reason: "FetchFailed",
      message: expect.stringMatching(/^o\/nothing could not be fetched from file:.*: .+/),
    });
    await expect(fetch({ branch: "nobranch" })).rejects.toMatchObject({
      reason: "FetchFailed",
      message: expect.stringContaining("nobranch"),
    });
  });

  it("tries the repository URL with .git too", async () => {
    const { root, git, fetch } = aMirrorWorld();
    execFileSync("git", ["clone", "-q", "--bare", join(root, "remote/o/hello"), join(root, "remote/o/bare.git")]);
    expect((await fetch({ repository: "o/bare" })).commit).toBe(git("rev-parse", "master"));
  });

  it("is cloned again when it is damaged", async () => {
    const { hello, fetch, mirror } = aMirrorWorld();
    await fetch();
    rmSync(join(mirror, "HEAD"));
    expect((await fetch()).commit).toBe(hello.tip());
    for (const name of readdirSync(join(mirror, "objects/pack")).filter((file) => file.endsWith(".pack"))) {
      chmodSync(join(mirror, "objects/pack", name), 0o644);
      writeFileSync(join(mirror, "objects/pack", name), "garbage");
    }
    for (const folder of readdirSync(join(mirror, "objects")).filter((file) => file.length === 2)) {
      for (const name of readdirSync(join(mirror, "objects", folder))) {
        chmodSync(join(mirror, "objects", folder, name), 0o644);
        writeFileSync(join(mirror, "objects", folder, name), "");
      }
    }
    const next = hello.commit({ file: "two\n" });
    expect((await fetch()).commit).toBe(next);
  });

  it("is cloned again after a killed git left a lock file", async () => {
    const { hello, fetch, mirror } = aMirrorWorld();
    await fetch();
    writeFileSync(join(mirror, "refs/heads/master.lock"), "");
    const next = hello.commit({ file: "two\n" });
    expect((await fetch()).commit).toBe(next);
    expect((await fetch()).commit).toBe(next);
  });

  it("keeps no partial pack after a broken connection", async () => {
    const { root, hello, fetch, mirror } = aMirrorWorld();
    symlinkSync(join(hello.path, ".git"), join(root, "remote/o/hello.git"));
    const { gitUrl, limit } = await gitWithByteLimit(join(root, "remote"));
    await fetch({ gitUrl });
    const next = hello.commit({ file: randomBytes(2 ** 22) });
    limit.most = 2 ** 20;
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(fetch({ gitUrl })).rejects.toThrow("o/hello");
    limit.most = Number.POSITIVE_INFINITY;
    expect((await fetch({ gitUrl })).commit).toBe(next);
    const packs = readdirSync(join(mirror, "objects/pack"));
    expect(packs.filter((name) => !name.startsWith("pack-"))).toEqual([]);
  });

  it("serves concurrent builders", async () => {
    const { hello, git, fetch } = aMirrorWorld();
    const commits = [1, 2, 3, 4].map((number) => {
      const commit = hello.propose({ file: `${number}\n` });
      git("update-ref", `refs/pull/${number}/head`, commit);
      return { number, commit };
    });
    const all = await Promise.all([...commits, ...commits].map((pull) => fetch({ pull })));
    expect(new Set(all.map(({ commit }) => commit))).toEqual(new Set([hello.tip()]));
  });

  it("rejects a canceled fetch at once", async () => {
    const { fetch } = aMirrorWorld();
    const end = new AbortController();
    const waiting = fetch({}, end.signal);
    end.abort(new Error("drained"));
    await expect(waiting).rejects.toThrow("drained");
  });

  it("is readable by the cell's user", async () => {
    const { fetch, mirror } = aMirrorWorld();
    await fetch();
    const closed = execFileSync("find", [mirror, "!", "-perm", "-o+r"], { encoding: "utf8" });
    expect(closed).toBe("");
  });
});
