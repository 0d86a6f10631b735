import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
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
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyFolder, remove } from "../../src/cell/disk/remove.ts";
import { asOwner, isRoot, owner } from "../support/cell/asOwner.ts";

describe("a deletion of what foreign code left", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "removal-"));
    if (isRoot) chownSync(root, owner, owner);
  });
  afterEach(() => {
    execFileSync("rm", ["-rf", root]);
  });

  /** A random tree: its directories with modes, files, hard links and links out of it. */
  const mode = fc.constantFrom(0, 0o100, 0o200, 0o400, 0o500, 0o555, 0o700, 0o755, 0o1777);
  const name = fc.oneof(
    fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => Buffer.from(bytes.map((b) => (b === 0 || b === 47 ? 1 : b)))),
    fc.constantFrom("-rf", "*", " ", "\n", ".removed-0", "...").map((text) => Buffer.from(text)),
    fc.constant(Buffer.from("n".repeat(255))),
  );
  interface Node {
    readonly name: Buffer;
    readonly kind: "file" | "link" | "hard" | "directory";
    readonly mode: number;
    readonly children: readonly Node[];
  }
  const { node } = fc.letrec<{ node: Node; leaf: Node; folder: Node }>((tie) => ({
    node: fc.oneof({ maxDepth: 6, depthSize: "medium" }, tie("leaf"), tie("folder")),
    leaf: fc.record({ name, kind: fc.constantFrom("file", "link", "hard"), mode, children: fc.constant([]) }),
    folder: fc.record({
      name,
      kind: fc.constant("directory"),
      mode,
      children: fc.array(tie("node"), { maxLength: 5 }),
    }),
  }));

  function grow(parent: Buffer, children: readonly Node[], target: string): void {
    for (const { name: bytes, kind, mode: bits, children: below } of children) {
      const path = Buffer.concat([parent, Buffer.from("/"), bytes]);
      if ([".", ".."].includes(bytes.toString()) || lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
      if (path.length > 3_500) continue;
      if (kind === "file") writeFileSync(path, "", { mode: bits });
      else if (kind === "link") symlinkSync(target, path);
      else if (kind === "hard") linkSync(join(target, "kept"), path);
      else {
        mkdirSync(path);
        grow(path, below, target);
        chmodSync(path, bits);
      }
    }
  }

  it("removes every random tree and touches nothing outside", async () => {
    const outside = join(root, "outside");
    await asOwner(() => {
      mkdirSync(outside);
      writeFileSync(join(outside, "kept"), "kept", { mode: 0o640 });
    });
    await fc.assert(
      fc.asyncProperty(fc.array(node, { maxLength: 8 }), mode, fc.boolean(), async (children, topMode, isWhole) => {
        const random = join(root, "random");
        const left = await asOwner(() => {
          mkdirSync(random);
          grow(Buffer.from(random), children, outside);
          chmodSync(random, topMode);
          return isWhole ? remove(random) : emptyFolder(random);
        });
        expect(left).toBeUndefined();
        if (!isWhole) {
          expect(readdirSync(random)).toEqual([]);
          rmSync(random, { recursive: true });
        }
        expect(readdirSync(root).toSorted()).toEqual(["outside"]);
        expect(readdirSync(outside)).toEqual(["kept"]);
        expect(readFileSync(join(outside, "kept"), "utf8")).toBe("kept");
        expect(statSync(join(outside, "kept")).mode & 0o777).toBe(0o640);
        expect(statSync(join(outside, "kept")).nlink).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});
