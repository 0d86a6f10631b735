import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { measureUsage } from "../../../src/cell/disk/usage.ts";
import { asOwner, isRoot, owner } from "../../support/cell/asOwner.ts";
import { runCell } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

const unlimited = { bytes: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY };
const patient = { most: unlimited, limitMs: 200_000 };
const megabyte = 1_000_000;

/** A command prefix that gives the cell a small disk of its own. */
const onDisk = (area: string, options: string) =>
  ["unshare", "--mount", "sh", "-ec", `mount -t tmpfs -o ${options} none ${area}; exec "$0" "$@"`] as const;
/** A build that does not end by itself. */
const forever = "sleep 1000";

describe("the space of a tree", () => {
  function aTree(): string {
    const root = mkdtempSync(join(tmpdir(), "usage-"));
    onTestFinished(() => void execFileSync("rm", ["-rf", root]));
    if (isRoot) chownSync(root, owner, owner);
    return root;
  }
  const shell = (tree: string, script: string) =>
    execFileSync("sh", ["-ec", script], { cwd: tree, ...(isRoot && { uid: owner, gid: owner }) });
  const measure = (tree: string, bounds = patient) => asOwner(() => measureUsage([tree], bounds));

  it("is that of its used blocks, however the build hides them", async () => {
    const tree = aTree();
    shell(
      tree,
      `mkdir -p a/closed && head -c 3000000 /dev/zero > a/closed/file && chmod 000 a/closed/file a/closed
       head -c 2000000 /dev/zero > one && ln one two && ln one a/three && truncate -s 1T sparse
       ln -s / root && ln -s . loop && mkfifo pipe && printf x > "$(printf 'not\\377utf8\\nname')"`,
    );
    const { bytes, files } = await measure(tree);
    expect(bytes / megabyte).toBeGreaterThan(5);
    expect(bytes / megabyte).toBeLessThan(5.2);
    expect(files).toBe(11);
  });

  it("is bounded on 1,000 levels of directories, and stops above the limit", async () => {
    const tree = aTree();
    execFileSync("python3", ["-c", "import os\nfor _ in range(1000):\n os.mkdir('d'); os.chdir('d')"], { cwd: tree });
    expect((await measure(tree)).files).toBe(300);
    expect((await measure(tree, { ...patient, most: { ...unlimited, files: 20 } })).files).toBe(21);
  });
});

describe("the quota of a build", () => {
  it.each(["$BUILDDIR", "$HOME", "$TMPDIR"])("of %s is stopped above quota.size, and is red alone", async (folder) => {
    const { hello, order, area } = aCellWorld();
    const commit = hello.propose({ "hello.in": `head -c 60M /dev/zero > "${folder}/fill"; ${forever}\n` });
    const one = order({ check: { quota: { size: "40M" } }, pullRequest: { number: 1, commit } });

    const { outcome } = await runCell(one);

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    const { description = "", findings } = outcome?.kind === "Verdict" ? outcome : {};
    expect(description).toMatch(
      /^The build used [4-6][0-9]\.\d MB of disk, but quota\.size is 40\.0 MB, so it was stopped\. Use less, or ask for a larger quota\.size\.$/,
    );
    expect(description.length).toBeLessThanOrEqual(140);
    expect(findings?.preview[0]).toBe(description);
    expect([...readdirSync(area), ...readdirSync(one.paths.tmp), ...readdirSync(one.paths.home)]).toEqual([]);
  });

  it("is stopped above quota.files, and is red alone", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({
      "hello.in": `mkdir "$HOME/many"; cd "$HOME/many"; seq 5000 | xargs touch; ${forever}\n`,
    });

    const { outcome } = await runCell(order({ check: { quota: { files: 4000 } }, pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({
      kind: "Verdict",
      result: "Failure",
      description: expect.stringMatching(
        /^The build made [45]\d\d\d files, but quota\.files is 4000, so it was stopped\. Use less, or ask for a larger quota\.files\.$/,
      ),
    });
  });

  it("counts for a build that ends before the next look", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'head -c 60M /dev/zero > "$HOME/fill"; exit 1\n' });

    const { outcome } = await runCell(order({ check: { quota: { size: "40M" } }, pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ result: "Failure", description: expect.stringContaining("quota.size is 40.0 MB") });
  });

  it("is not judged in a warm work area: the trees are deleted, and the next attempt is judged", async () => {
    const { hello, order, area } = aCellWorld();
    const check = { quota: { size: "40M" } };
    const first = hello.propose({ "hello.in": "echo fine\n" });
    const second = hello.propose({ "hello.in": `head -c 60M /dev/zero > fill; ${forever}\n` });
    const next = (commit: string) => runCell(order({ check, pullRequest: { number: 1, commit } }));

    expect((await next(first)).outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    const warm = await next(second);
    expect(warm.outcome).toMatchObject({ kind: "Infrastructure", reason: "DiskFull" });
    expect(warm.outcome?.kind === "Infrastructure" && warm.outcome.message).toContain(
      "The work area had trees of earlier builds. They are deleted, and the build is repeated.",
    );
    expect(readdirSync(area)).toEqual([]);
    expect((await next(second)).outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    expect((await next(first)).outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });

  it("does not count files of others, and does not limit the base", async () => {
    const { hello, order, root } = aCellWorld();
    execFileSync("sh", ["-c", "head -c 60M /dev/zero > others"], { cwd: root });
    const check = { quota: { size: "40M" } };
    const commit = hello.propose({ "hello.in": `head -c 60M /dev/zero > "${root}/more"; echo fine\n` });

    const { outcome } = await runCell(order({ check, pullRequest: { number: 1, commit } }));
    hello.commit({ "hello.in": "head -c 60M /dev/zero > fill; sleep 3\n" });
    const warmup = await runCell(order({ check }));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success" });
    expect(warmup.outcome).toMatchObject({ kind: "Done", compiled: true });
    rmSync(join(root, "others"));
  });

  it.runIf(isRoot).each([
    { title: "bytes", options: "size=40m", fill: 'cat /dev/zero > "$BUILDDIR/fill"', words: /quota\.size is 21\.0 MB/ },
    {
      title: "inodes",
      options: "size=100m,nr_inodes=4000",
      fill: 'perl -e \'for (1..9000) { open F, ">", "f$_" }\'',
      words: /quota\.files is 2000/,
    },
  ])("is half of the $title of the disk by default", async ({ options, fill, words }) => {
    const { hello, order, area } = aCellWorld();
    const commit = hello.propose({ "hello.in": `${fill}; ${forever}\n` });
    mkdirSync(area, { recursive: true });

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }), { prefix: onDisk(area, options) });

    // The size of the disk says nothing about the pull request.
    expect(outcome).toMatchObject({
      kind: "Infrastructure",
      reason: "DiskFull",
      message: expect.stringMatching(words),
    });
  });

  it.runIf(isRoot)("stops a build that keeps the disk full within its quota, without a verdict", async () => {
    const { hello, order, area } = aCellWorld();
    const commit = hello.propose({ "hello.in": `cat /dev/zero > "$BUILDDIR/fill"; ${forever}\n` });
    mkdirSync(area, { recursive: true });
    const check = { quota: { size: "1Gi" } };
    const { outcome } = await runCell(order({ check, pullRequest: { number: 1, commit } }), {
      prefix: onDisk(area, "size=40m"),
    });

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DiskFull" });
    expect(existsSync(join(area, "hello"))).toBe(false);
  });
});
