import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimFolder, emptyFolder, remove, removeAside } from "../../../src/cell/disk/remove.ts";
import { asOwner, isRoot, owner } from "../../support/cell/asOwner.ts";

/** The machine of the test may be slow. */
const patient = { limitMs: 200_000 };

/** Nests directories by changing into each one, since no path reaches the innermost. */
const nest = `
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.mkdir(sys.argv[3])
    os.chdir(sys.argv[3])
open("leaf", "w").close()
`;

describe("a deletion", () => {
  let root = "";
  let tree = "";
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "remove-"));
    if (isRoot) chownSync(root, owner, owner);
    tree = join(root, "tree");
    await asOwner(() => mkdirSync(tree));
  });
  afterEach(() => {
    execFileSync("rm", ["-rf", root]);
  });

  /** Runs a program of the foreign code in the tree. */
  function python(script: string, ...args: readonly string[]): void {
    const as = isRoot ? { uid: owner, gid: owner } : {};
    execFileSync("/usr/bin/env", ["python3", "-c", script, ...args], { cwd: "/", ...as });
  }

  it("removes directories below a path of more than 4096 bytes", async () => {
    python(nest, tree, "60", `long-${"y".repeat(120)}`);
    expect(await asOwner(() => remove(tree))).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  it("removes 10,000 levels of directories", async () => {
    python(nest, tree, "10000", "d");
    expect(await asOwner(() => emptyFolder(tree, patient))).toBeUndefined();
    expect(readdirSync(tree)).toEqual([]);
  });

  it("removes 64,000 files", async () => {
    python(`import os,sys\nfor n in range(64000): os.close(os.open(sys.argv[1] + "/" + str(n), os.O_CREAT))`, tree);
    expect(await asOwner(() => remove(tree, patient))).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  it("removes names that are not UTF-8", async () => {
    python(
      `import os,sys\nt = sys.argv[1].encode()\nopen(t + b"/\\xe9t\\xe9", "w").close()\nos.makedirs(t + b"/\\xff\\xfe/\\x80")\nopen(t + b"/\\xff\\xfe/\\x80/\\n\\xc0", "w").close()`,
      tree,
    );
    expect(await asOwner(() => emptyFolder(tree))).toBeUndefined();
    expect(readdirSync(tree)).toEqual([]);
  });

  it("repairs the modes of the tree as its owner", async () => {
    await asOwner(() => {
      mkdirSync(join(tree, "a/b/c"), { recursive: true });
      writeFileSync(join(tree, "a/b/c/file"), "", { mode: 0 });
      for (const [name, mode] of Object.entries({ "a/b/c": 0, "a/b": 0o100, a: 0o500, "": 0 }))
        chmodSync(join(tree, name), mode);
    });
    expect(await asOwner(() => emptyFolder(tree))).toBeUndefined();
    expect(readdirSync(tree)).toEqual([]);
    expect(statSync(tree).mode & 0o777).toBe(0o700);
    chmodSync(tree, 0);
    expect(await asOwner(() => remove(tree))).toBeUndefined();
    expect(existsSync(tree)).toBe(false);
  });

  it("keeps the named entries of a directory", async () => {
    python(
      `import os,sys\nt = sys.argv[1].encode()\nfor n in [b"kept", b"\\xff", b"gone"]: os.makedirs(t + b"/" + n + b"/kept")`,
      tree,
    );
    expect(await asOwner(() => emptyFolder(tree, { keep: new Set(["kept"]) }))).toBeUndefined();
    expect(readdirSync(tree, { recursive: true })).toEqual(["kept", "kept/kept"]);
  });

  it("removes sockets, pipes, dangling links and loops", async () => {
    python(
      `import os,socket,sys\nos.chdir(sys.argv[1])\nsocket.socket(socket.AF_UNIX).bind("s")\nos.mkfifo("p")\nos.symlink("nowhere", "l")\nos.symlink(".", "loop")`,
      tree,
    );
    expect(await asOwner(() => remove(tree))).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  it("removes a link and keeps its target", async () => {
    const outside = join(root, "outside");
    await asOwner(() => {
      mkdirSync(outside);
      writeFileSync(join(outside, "kept"), "kept");
      symlinkSync(outside, join(tree, "link"));
      symlinkSync(outside, join(root, "top"));
    });
    expect(await asOwner(() => remove(join(root, "top")))).toBeUndefined();
    expect(await asOwner(() => remove(tree))).toBeUndefined();
    expect(readdirSync(root)).toEqual(["outside"]);
    await asOwner(() => symlinkSync(outside, tree));
    await expect(emptyFolder(tree)).rejects.toThrow(/ENOTDIR|ELOOP/);
    expect(readFileSync(join(outside, "kept"), "utf8")).toBe("kept");
  });

  it("accepts a missing path", async () => {
    expect(await remove(join(root, "missing"))).toBeUndefined();
    await expect(emptyFolder(join(root, "missing"))).rejects.toThrow("ENOENT");
    expect(await removeAside(join(root, "missing"))).toEqual([]);
  });

  it.runIf(isRoot)("sets aside a directory of another user, and frees its path", async () => {
    mkdirSync(join(tree, "a/foreign/full"), { recursive: true });
    for (const path of ["a", "b"]) {
      mkdirSync(join(tree, path), { recursive: true });
      chownSync(join(tree, path), owner, owner);
    }
    const leftover = await asOwner(() => remove(tree));
    expect(leftover).toMatchObject({ wasRenamed: true, message: expect.stringContaining("tree was not deleted") });
    expect(leftover?.message).toContain("E");
    expect(existsSync(tree)).toBe(false);
    expect(readdirSync(root)).toEqual([expect.stringMatching(/^\.removed-[0-9a-f]{16}$/)]);
    expect(await asOwner(() => removeAside(root))).toHaveLength(1);
    expect(await removeAside(root)).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  it.runIf(isRoot)("empties a directory around an immutable file", async (context) => {
    mkdirSync(join(tree, "a/b"), { recursive: true });
    writeFileSync(join(tree, "a/b/fixed"), "");
    try {
      execFileSync("chattr", ["+i", join(tree, "a/b/fixed")], { stdio: "ignore" });
    } catch {
      return context.skip(); // not every file system has the attribute
    }
    try {
      writeFileSync(join(tree, "c"), "");
      expect(await emptyFolder(tree)).toMatchObject({ wasRenamed: true, message: expect.stringContaining("EPERM") });
      expect(readdirSync(tree)).toEqual([expect.stringMatching(/^\.removed-/)]);
    } finally {
      execFileSync("chattr", ["-R", "-i", root]);
    }
    expect(await removeAside(tree)).toEqual([]);
    expect(readdirSync(tree)).toEqual([]);
  });

  it("stops at its limit and at a signal, and the next cleanup removes the rest", async () => {
    python(
      `import os,sys\nfor n in range(20000): os.close(os.open(sys.argv[1] + "/" + str(n), os.O_CREAT))\nos.mkdir(sys.argv[1] + "/d")`,
      tree,
    );
    const stopped = new AbortController();
    stopped.abort();
    expect(await asOwner(() => emptyFolder(tree, { signal: stopped.signal }))).toMatchObject({ wasRenamed: true });
    expect(readdirSync(tree).filter((name) => !name.startsWith(".removed-"))).toEqual([]);
    const began = performance.now();
    expect(await asOwner(() => remove(tree, { limitMs: 0 }))).toMatchObject({ wasRenamed: true });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(existsSync(tree)).toBe(false);
    expect(await asOwner(() => removeAside(root, patient))).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  it.runIf(isRoot && process.platform === "linux")("never enters another file system", () => {
    const script = `mkdir -p "$1/a/mount" && mount -t tmpfs none "$1/a/mount" && echo kept > "$1/a/mount/file" &&
      "$2" --input-type=module -e 'console.log(await (await import(process.argv[1])).remove(process.argv[2]))' "$3" "$1" &&
      find "$4" -name file -exec cat {} +`;
    const module = join(import.meta.dirname, "../../../src/cell/disk/remove.ts");
    const output = execFileSync("unshare", [
      "-m",
      "sh",
      "-c",
      script,
      "sh",
      tree,
      process.execPath,
      module,
      root,
    ]).toString();
    expect(output).toContain('was not deleted completely: it is a mount point for "mount"');
    expect(output).toMatch(/\nkept\n$/);
  });

  it("claims a folder that a build closed or replaced by a link", async () => {
    await asOwner(() => chmodSync(tree, 0));
    await asOwner(() => claimFolder(tree));
    expect(statSync(tree).mode & 0o777).toBe(0o700);
    rmSync(tree, { recursive: true });
    await asOwner(() => {
      symlinkSync("/etc", tree);
      claimFolder(tree);
      claimFolder(join(root, "new/deep"));
    });
    expect(lstatSync(tree).isDirectory()).toBe(true);
    expect(readdirSync(join(root, "new"))).toEqual(["deep"]);
  });
});
