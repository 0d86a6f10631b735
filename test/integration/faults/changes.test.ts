import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alidist,
  anInstallation,
  check,
  greeting,
  hello,
  type Installation,
  type UpProcess,
} from "../../support/up/installation.ts";
import { held, processesWith, waitFor } from "../../support/up/slow.ts";

const recipeCheck = "build/hello/script";

describe("a change during a build", () => {
  let machine: Installation;
  let up: UpProcess;
  /** The pull request opened just before its pool was deleted. */
  let late: { readonly commit: string };

  const checks = [
    { name: check, onlyWhenChanged: ["src", "test"] },
    { name: recipeCheck, onlyWhenChanged: ["build.sh"] },
  ];
  /** One pool with a builder, and one without builders, so that the file is never empty. */
  async function declare(...names: readonly string[]): Promise<void> {
    const documents = [];
    for (const name of ["hello", "idle"]) {
      await machine.declare(
        name === "idle"
          ? { repository: alidist, instances: 0 }
          : { checks: checks.filter(({ name }) => names.includes(name)) },
        name,
      );
      documents.push(await readFile(machine.poolFile, "utf8"));
    }
    const wanted = names.length === 0 ? documents.slice(1) : documents;
    await writeFile(machine.poolFile, wanted.join("---\n"));
  }
  /** Statuses of one check, without the words `on hello-0`. */
  const statuses = (commit: string, name = check) =>
    machine.github.state
      .statuses(hello, commit)
      .filter(({ context }) => context === name)
      .toReversed()
      .map(({ state, description }) => `${state} ${description?.replace(/^Started .*/, "Started") ?? ""}`.trim());
  const buildOf = async (number: number, name = check) =>
    (await machine.get<"Build">("builds")).find(({ spec }) => spec.number === number && spec.check === name);
  const skip = { "docs/notes.md": "Nothing that is built.\n" };

  beforeAll(async () => {
    machine = await anInstallation();
    await declare(check, recipeCheck);
    up = machine.up();
    await up.line(/hello-0: ready/);
  });
  afterAll(() => machine.close());

  it("cancels the build of a replaced commit and builds the new commit", async () => {
    const old = held(machine, "old");
    const { number, commit } = await machine.propose("Take long", old.files);
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows pending`));
    const next = await machine.github.state.push({ repository: hello, number, files: { "test/held.test": "true\n" } });
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows success`));
    expect(statuses(commit)).toEqual(["pending Started"]);
    expect(statuses(next)).toEqual(["pending Started", "success"]);
    expect(old.processes()).toBe(0);
  });

  it("builds pull requests with the label ci-priority first", async () => {
    const first = held(machine, "first");
    await machine.propose("Hold the builder", first.files);
    const busy = await machine.propose("Wait in turn", greeting("Hello, in turn"));
    const urgent = await machine.propose("Hurry", greeting("Hello, in haste"));
    await up.line(/: waits: Hurry/);
    machine.github.state.edit({ repository: hello, number: urgent.number, addLabels: ["ci-priority"] });
    await expect.poll(async () => (await buildOf(urgent.number))?.spec.urgent, { timeout: 20_000 }).toBe(true);
    await first.release();
    await up.line(new RegExp(`${check} .*#${busy.number}: GitHub shows success`));
    const order = machine.github.state.writes.flatMap((write) =>
      write.what === "status" && write.context === check && write.state === "success" ? [write.commit] : [],
    );
    expect(order.indexOf(urgent.commit)).toBeLessThan(order.indexOf(busy.commit));
    expect(order).toContain(urgent.commit);
  });

  it("stops the build of a closed pull request and deletes its Build", async () => {
    const closed = held(machine, "closed");
    const { number, commit } = await machine.propose("Never mind", closed.files);
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows pending`));
    machine.github.state.close({ repository: hello, number });
    await expect.poll(() => closed.processes(), { timeout: 30_000 }).toBe(0);
    await expect.poll(() => buildOf(number), { timeout: 30_000 }).toBeUndefined();
    await expect
      .poll(() => statuses(commit), { timeout: 30_000 })
      .toEqual(["pending Started", "pending Not building: the pull request is no longer open on this branch"]);
  });

  it("builds again on the current base when a person sets the status to pending", async () => {
    const { number, commit } = await machine.propose("Greet", greeting("Hello, before"));
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows success`));
    await machine.github.state.pushBranch({ repository: hello, files: greeting("Hello, meanwhile") });
    machine.github.state.setStatus({
      repository: hello,
      commit,
      context: check,
      state: "pending",
      description: "again",
    });
    await up.line(
      new RegExp(`${check} .*#${number}: GitHub shows error "Please resolve merge conflicts: src/greeting.cxx"`),
    );
    expect(statuses(commit)).toEqual([
      "pending Started",
      "success",
      "pending again",
      "pending Started",
      "error Please resolve merge conflicts: src/greeting.cxx",
    ]);
    const build = (await machine.get<"Build">("builds")).find(({ spec }) => spec.number === number);
    const url = build?.status?.verdict?.log?.url ?? "";
    expect(build?.status?.reported?.url).toBe(url);
    const page = await (await fetch(url)).text();
    expect(page).toContain("<li><code>src/greeting.cxx</code></li>");
    expect(page).not.toContain("fullLog.txt");
  });

  it("builds a draft once it is ready, and publishes no status before", async () => {
    const { number, commit } = await machine.propose("Sketch", skip, { draft: true });
    await up.line(new RegExp(`${check} .*#${number}: not built: it is a draft`));
    expect(machine.statuses(commit)).toEqual([]);
    machine.github.state.edit({ repository: hello, number, draft: false });
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows success`));
  });

  it("requests approval for the change of a stranger or deleted account, and builds it after the approval", async () => {
    const stranger = { association: "NONE", author: "mallory" };
    const { number, commit } = await machine.propose("Trust me", skip, stranger);
    const ghost = await machine.propose("From nowhere", skip, { ...stranger, author: null });
    for (const one of [number, ghost.number])
      await up.line(new RegExp(`${check} .*#${one}: GitHub shows pending "Security: approval needed, not starting"`));
    expect((await buildOf(ghost.number))?.spec.author).toBe("ghost");
    machine.github.state.review({ repository: hello, number });
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows success`));
    expect(statuses(commit).at(-1)).toMatch(/^success/);
    expect(statuses(ghost.commit)).toEqual(["pending Security: approval needed, not starting"]);
  });

  it("clears the pending status of a check removed during its build", async () => {
    const gate = `${machine.directory}/go-never`;
    const { number, commit } = await machine.propose("Rewrite", { "build.sh": waitFor(gate) });
    await up.line(new RegExp(`${recipeCheck} .*#${number}: GitHub shows pending`));
    await expect.poll(() => processesWith(gate), { timeout: 60_000 }).toBeGreaterThan(0);
    await declare(check);
    await up.line(/hello: changed: checks/);
    await expect.poll(() => buildOf(number, recipeCheck), { timeout: 20_000 }).toBeUndefined();
    await expect
      .poll(() => statuses(commit, recipeCheck), { timeout: 30_000 })
      .toEqual(["pending Started", "pending Not building: this check is no longer asked for"]);
    expect(processesWith(gate)).toBe(0);
  });

  it("drains a pool removed during its build, finishes the build, and creates the pool again when it is added back", async () => {
    const last = held(machine, "last");
    const { number, commit } = await machine.propose("Last", last.files);
    await up.line(new RegExp(`${check} .*#${number}: GitHub shows pending`));
    late = await machine.propose("Too late", greeting("Hello, too late"));
    await up.line(/: waits: Too late/);
    await declare();
    await up.line(/hello: is no longer in the files/);
    await up.line(/hello-0: draining/);
    await declare(check);
    await up.line(/hello: is still being deleted; the pool is created again afterwards/);
    await expect.poll(() => last.processes(), { timeout: 60_000 }).toBeGreaterThan(0);
    await last.release();
    await up.line(new RegExp(`${check} .*#${number}: Success`));
    await expect.poll(() => up.output().match(/hello: created/g), { timeout: 30_000 }).toHaveLength(2);
    await expect.poll(() => statuses(commit), { timeout: 30_000 }).toEqual(["pending Started", "success"]);
    const left = await machine.get<"Build">("builds");
    expect(left.filter(({ spec }) => spec.number === number)).toHaveLength(1);
  });

  it("builds the waiting pull request when the pool exists again", async () => {
    await expect.poll(() => statuses(late.commit), { timeout: 60_000 }).toEqual(["pending Started", "success"]);
  });

  it("removes all objects of a pool removed from the file", async () => {
    await declare();
    await expect.poll(() => machine.get("builds"), { timeout: 30_000 }).toEqual([]);
    await expect.poll(() => machine.get("builders"), { timeout: 10_000 }).toEqual([]);
    expect((await machine.get("pools")).map(({ metadata }) => metadata.name)).toEqual(["idle"]);
  });
});
