import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logTexts, runCell, steps } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

describe("a cell that builds a pull request", () => {
  it("merges it, builds it with the real aliBuild, and sends the logs", async () => {
    const { hello, order, area } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'echo "echo changed"\n' });

    const { code, outcome, events, errors } = await runCell(order({ pullRequest: { number: 7, commit } }));

    expect(errors).toBe("");
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Success", description: "", mergeBase: hello.tip() });
    expect(outcome).toMatchObject({ mergeCommit: commit });
    expect(outcome?.versions).toMatchObject({ aliBuild: "1.17.44", hello: hello.tip() });
    expect(code).toBe(0);
    expect(steps(events)).toEqual(["prepare", "tool", "checkout", "merge", "doctor", "build", "logs", "clean"]);
    expect(Object.keys(logTexts(events)).slice(-2)).toEqual([
      "sw/BUILD/hellolib-latest/log",
      "sw/BUILD/hello-latest/log",
    ]);
    expect(readFileSync(join(area, "sw/fedora33_x86-64/hello/latest/bin/hello"), "utf8")).toBe("echo changed\n");
    expect(existsSync(join(area, "sw/BUILD/hello-latest-7"))).toBe(true);
  });

  it("reuses its earlier build of the same commit, since the same merge has the same hash", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'echo "echo changed"\n' });
    hello.commit({ "docs/readme": "moved on\n" });
    await runCell(order({ pullRequest: { number: 7, commit } }));

    const { outcome, output } = await runCell(order({ pullRequest: { number: 7, commit } }));

    expect(outcome).toMatchObject({ result: "Success" });
    expect(output()).toContain("Development package hello does not need rebuild");
  });

  it("builds the same commit again, in its tree, for an order that needs another verdict", async () => {
    const { hello, order, area } = aCellWorld();
    const seen = join(area, "sw/seen");
    const commit = hello.propose({ "hello.in": `test ! -e "$WORK_DIR/seen"\n` });
    const pullRequest = { number: 7, commit };
    expect((await runCell(order({ pullRequest }))).outcome).toMatchObject({ result: "Success" });
    writeFileSync(seen, "");

    expect((await runCell(order({ pullRequest }))).outcome).toMatchObject({ result: "Success" });
    expect((await runCell({ ...order({ pullRequest }), again: true })).outcome).toMatchObject({ result: "Failure" });
    rmSync(seen);
    expect((await runCell({ ...order({ pullRequest }), again: true })).outcome).toMatchObject({ result: "Success" });
  });

  it("W-26: keeps the tree of one pull request while it builds another", async () => {
    const { hello, order, area } = aCellWorld();
    const one = hello.propose({ "hello.in": "echo one\n" });
    const two = hello.propose({ "hello.in": "echo two\n" });
    await runCell(order({ pullRequest: { number: 1, commit: one } }));
    await runCell(order({ pullRequest: { number: 2, commit: two } }));

    const { output } = await runCell(order({ pullRequest: { number: 1, commit: one } }));

    expect(output()).toContain("Development package hello does not need rebuild");
    expect(existsSync(join(area, "sw/BUILD/hello-latest-2/log"))).toBe(true);
  });

  it("reports a failed build as a failure, with the error line", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'echo "x.cxx:3:1: error: boom" >&2; exit 3\n' });

    const { code, outcome } = await runCell(order({ pullRequest: { number: 8, commit } }));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure", description: "" });
    expect(outcome?.findings?.preview).toContain("x.cxx:3:1: error: boom");
    expect(code).toBe(0);
  });

  it("reports a conflict with the established description", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": "echo theirs\n" });
    hello.commit({ "hello.in": "echo ours\n" });

    const { outcome, events } = await runCell(order({ pullRequest: { number: 9, commit } }));

    expect(outcome).toMatchObject({ result: "Conflict", description: "Please resolve merge conflicts" });
    expect(steps(events)).not.toContain("build");
  });

  it("never reports a missing commit as a conflict (W-2)", async () => {
    const { order } = aCellWorld();

    const { outcome } = await runCell(order({ pullRequest: { number: 9, commit: "f".repeat(40) } }));

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "CommitNotFound" });
  });

  it("reports an unreadable mirror as an infrastructure failure", async () => {
    const { hello, order } = aCellWorld();
    const wanted = order({ pullRequest: { number: 9, commit: hello.tip() } });
    rmSync(hello.mirror, { recursive: true });

    const { outcome } = await runCell(wanted);

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "FetchFailed" });
  });

  it("refuses to build when the merge directory is not checked out (W-1)", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": "echo x\n" });

    const { outcome } = await runCell(order({ check: { checkout: "O2" }, pullRequest: { number: 9, commit } }));

    expect(outcome).toMatchObject({ kind: "Infrastructure" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toContain("set checkout to the directory of o/hello");
  });

  it("builds nothing for a build order without a pull request", async () => {
    const { outcome } = await runCell(aCellWorld().order({ task: "build" }));

    expect(outcome).toMatchObject({ kind: "Infrastructure", message: expect.stringContaining("contains none") });
  });

  it("rejects a pull request above the growth limit, in bytes and without .git (W-24)", async () => {
    const { hello, order } = aCellWorld();
    const big = hello.propose({ "data.bin": Buffer.alloc(20_001) });
    const fits = hello.propose({ "data.bin": Buffer.alloc(20_000) });
    const check = { maxGrowth: "20k" };

    const rejected = await runCell(order({ check, pullRequest: { number: 1, commit: big } }));
    expect(rejected.outcome?.findings?.preview.join()).toContain("It adds 20001 bytes; maxGrowth is 20k.");
    const built = await runCell(order({ check, pullRequest: { number: 2, commit: fits } }));

    expect(rejected.outcome).toMatchObject({
      result: "TooBig",
      description: "PR too big. Rejecting. It adds 20001 bytes; maxGrowth is 20k.",
    });
    expect(built.outcome).toMatchObject({ result: "Success" });
  });

  it("skips, with success, a pull request without a relevant change", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "docs/readme": "better\n" });

    const skipped = await runCell(
      order({ check: { onlyWhenChanged: ["DATA/", "MC/"] }, pullRequest: { number: 1, commit } }),
    );
    const built = await runCell(order({ check: { onlyWhenChanged: ["docs/"] }, pullRequest: { number: 1, commit } }));

    expect(skipped.outcome).toMatchObject({ result: "Skipped", description: "skipped; no relevant changes" });
    expect(built.outcome).toMatchObject({ result: "Success" });
  });

  it("builds a pull request with an empty change if no path is required (W-6)", async () => {
    const { hello, order } = aCellWorld();

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit: hello.tip() } }));

    expect(outcome).toMatchObject({ result: "Success" });
  });

  it("W-44: reports a doctor error, with the output of the doctor as the log", async () => {
    const { alidist, order } = aCellWorld();
    const recipe = readFileSync(join(alidist.path, "hellolib.sh"), "utf8");
    const commit = alidist.propose({
      "hellolib.sh": recipe.replace(
        "---",
        'system_requirement: ".*"\nsystem_requirement_check: "false && exit 1"\n---',
      ),
    });

    const check = { repository: "o/alidist", checkout: "alidist" };
    const { outcome, events } = await runCell(
      order({ check, mirror: alidist.mirror, pullRequest: { number: 1, commit } }),
    );

    expect(outcome).toMatchObject({ result: "DoctorError", description: "aliBuild doctor error" });
    expect(outcome?.findings?.preview.join("\n")).toContain("hellolib");
    expect(logTexts(events)["aliBuild doctor"]).toContain("hellolib");
    expect(steps(events)).not.toContain("build");
  });

  it("removes all traces of an earlier build from the checkout (W-28)", async () => {
    const { hello, order, area, root } = aCellWorld();
    const planted = join(root, "planted");
    const commit = hello.propose({
      "hello.in": [
        'cd "$(readlink -f "$SOURCEDIR")"',
        "echo dirt > hello.in; mkdir -p stray/deep ../hellolib && chmod 500 stray",
        `git config filter.evil.smudge "touch ${planted}; cat"`,
        'mkdir -p .git/info && echo "* filter=evil" > .git/info/attributes',
        `git config core.fsmonitor "touch ${planted}"`,
      ].join("\n"),
    });
    const first = await runCell(order({ pullRequest: { number: 1, commit } }));
    expect(first.outcome).toMatchObject({ result: "Success" });
    expect(existsSync(join(area, "hellolib"))).toBe(true);

    const { outcome } = await runCell(order({ pullRequest: { number: 2, commit: hello.tip() } }));

    expect(outcome).toMatchObject({ result: "Success" });
    expect(existsSync(planted)).toBe(false);
    expect(existsSync(join(area, "hellolib"))).toBe(false);
    expect(existsSync(join(area, "hello/stray"))).toBe(false);
    expect(readFileSync(join(area, "hello/hello.in"), "utf8")).toContain("echo hello");
  });

  it("resets a file that a build excluded from change detection", async () => {
    const { hello, order, area } = aCellWorld();
    const hide = "git update-index --skip-worktree docs/readme && echo dirt > docs/readme";
    const commit = hello.propose({ "hello.in": `cd "$(readlink -f "$SOURCEDIR")"\n${hide}\n` });
    await runCell(order({ pullRequest: { number: 1, commit } }));
    expect(readFileSync(join(area, "hello/docs/readme"), "utf8")).toBe("dirt\n");

    await runCell(order({ pullRequest: { number: 2, commit: hello.tip() } }));

    expect(readFileSync(join(area, "hello/docs/readme"), "utf8")).toBe("hello\n");
  });

  it("keeps the times of unchanged files, so that compiled files stay valid", async () => {
    const { hello, order, area } = aCellWorld();
    const one = hello.propose({ "hello.in": "echo one\n" });
    const two = hello.propose({ "hello.in": "echo two\n" });
    await runCell(order({ pullRequest: { number: 1, commit: one } }));
    const before = statSync(join(area, "hello/docs/readme")).mtimeMs;

    await runCell(order({ pullRequest: { number: 2, commit: two } }));

    expect(readFileSync(join(area, "hello/hello.in"), "utf8")).toBe("echo two\n");
    expect(statSync(join(area, "hello/docs/readme")).mtimeMs).toBe(before);
  });

  it("gives the recipes the tags of the repository", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": 'git -C "$SOURCEDIR" describe --tags >&2\n' });

    const { output } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(output()).toMatch(/: v1\.0-1-g/);
  });

  it("recreates a broken tree, and removes unknown directories whatever marks the work area", async () => {
    const { hello, order, area } = aCellWorld();
    mkdirSync(join(area, "hello/.git"), { recursive: true });
    mkdirSync(join(area, "notes"));
    writeFileSync(join(area, "hello/.git/HEAD"), "garbage");

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit: hello.tip() } }));

    expect(outcome).toMatchObject({ result: "Success" });
    expect(existsSync(join(area, "notes"))).toBe(false);
  });
});

describe("a cell that warms up", () => {
  it("builds the base branch under its own identifier, so that dependencies are ready for all", async () => {
    const { hello, order, area } = aCellWorld();

    const { outcome } = await runCell(order());
    const after = await runCell(
      order({ pullRequest: { number: 1, commit: hello.propose({ "hello.in": "echo 1\n" }) } }),
    );

    expect(outcome).toMatchObject({ kind: "Done", compiled: true, message: "The base branch compiles" });
    expect(existsSync(join(area, "sw/BUILD/hello-latest-master"))).toBe(true);
    expect(after.output()).toContain("Package hellolib was correctly compiled. Moving to next one.");
  });

  it("is done even if the base branch does not compile", async () => {
    const { hello, order } = aCellWorld();
    hello.commit({ "hello.in": 'echo "a.cxx:1:1: error: broken" >&2; exit 1\n' });

    const { outcome } = await runCell(order());

    expect(outcome).toMatchObject({ kind: "Done", compiled: false });
    expect(outcome?.findings?.preview).toContain("a.cxx:1:1: error: broken");
  });
});
