import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import type { Fault } from "../../support/github/faults.ts";
import {
  anInstallation,
  check,
  greeting,
  hello,
  type Installation,
  type UpProcess,
} from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";

const limit = { timeout: 90_000, interval: 200 };

/** All rows share one `up`: each starts from the state of the previous row and restores it. */
describe("builderpool up with a GitHub that", () => {
  let machine: Installation;
  let up: UpProcess;
  let recorder: Recorder;

  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare({ onlyWhenChanged: ["src", "test"] });
    up = machine.up();
    await up.line(/hello-0: ready/);
    recorder = record(machine.workDir);
  });
  afterAll(async () => {
    recorder?.close();
    await machine.close();
  });

  const statuses = (commit: string) =>
    machine.statuses(commit).map((status) => status.replace(/^pending Started .*/, "pending Started"));
  const build = (number: number): Build | undefined => recorder.builds().find(({ spec }) => spec.number === number);
  const comments = (number: number) => machine.github.state.comments(hello, number);
  const listing = async () => (await machine.get<"BuilderPool">("pools"))[0]?.status?.listings?.[0];
  const uids = () => recorder.builds().map(({ spec, metadata }) => `#${spec.number} ${metadata.uid}`);

  let failed = 0;
  /** A success ends a row of red verdicts: after three in a row the builder would ask for a second opinion. */
  async function endStreak() {
    failed += 1;
    if (failed % 2 === 0) return;
    const { commit } = await machine.propose(`streak-${failed}`, greeting(`Hello, ${failed}`));
    await expect.poll(() => statuses(commit).at(-1), limit).toMatch(/^success/);
  }

  /** A pull request with a build that fails on release, so that a comment is due at that moment. */
  async function failing(name: string) {
    await endStreak();
    const gate = join(machine.directory, `go-${name}`);
    const files = { "test/held.test": `until test -e ${gate}; do sleep 0.1; done\nfalse\n` };
    const { number, commit } = await machine.propose(name, files);
    const release = () => writeFileSync(gate, "");
    onTestFinished(release);
    onTestFinished(() => machine.github.faults.clear());
    await expect.poll(() => statuses(commit), limit).toEqual(["pending Started"]);
    return { number, commit, release };
  }
  /** A pull request without a buildable change, which is skipped at once. */
  const trifle = (name: string) => machine.propose(name, { [`docs/${name}.md`]: "Nothing that is built.\n" });

  interface Row {
    readonly name: string;
    /** For every request except git requests. */
    readonly fault: Fault;
    readonly on?: readonly string[];
    /** The message for people during the fault. */
    readonly says: RegExp;
  }
  const rows: readonly Row[] = [
    {
      name: "answers 502",
      fault: { kind: "status", status: 502 },
      says: /GitHub answered 502 for .*; tried again in \d+s/,
    },
    {
      name: "answers 403 with Retry-After",
      fault: { kind: "retryAfter", status: 403, seconds: 3 },
      says: /GitHub answered 403 \(Try again later\.\) .*the rate limit is spent until/,
    },
    {
      name: "calls for a secondary rate limit",
      fault: { kind: "secondaryLimit", seconds: 3 },
      says: /exceeded a secondary rate limit.*the rate limit is spent until/,
    },
    {
      name: "answers 200 with errors in place of data",
      on: ["POST /graphql"],
      fault: { kind: "graphqlErrors", keepData: false },
      says: /GitHub answered "Something went wrong while executing your query\." for/,
    },
    { name: "cuts JSON short", fault: { kind: "malformed" }, says: /is cut short, or no JSON/ },
    { name: "cuts connections", fault: { kind: "cutBefore" }, says: /GitHub cannot be reached for / },
  ];

  it.each(rows)(
    "$name keeps its queue, marks it as stale, and publishes due reports afterwards",
    async ({ name, fault, on = ["* /graphql", "* /repos/*"], says }) => {
      const { number, commit, release } = await failing(name.replaceAll(" ", "-"));
      const known = uids();
      for (const pattern of on) machine.github.faults.add({ on: pattern, fault });
      const late = await trifle(`late-${number}`);
      release();
      await expect.poll(() => build(number)?.status?.verdict?.result, limit).toBe("Failure");
      await expect
        .poll(listing, limit)
        .toMatchObject({ stale: true, message: expect.stringMatching(says), listedAt: expect.any(String) });
      expect(uids()).toEqual(known);
      expect(build(late.number)).toBeUndefined();
      if (on.length > 1) expect([statuses(commit), comments(number)]).toEqual([["pending Started"], []]);

      machine.github.faults.clear();
      await expect.poll(() => comments(number), limit).toHaveLength(1);
      await expect.poll(() => statuses(commit), limit).toEqual(["pending Started", expect.stringMatching(/^error/)]);
      await expect.poll(() => statuses(late.commit).at(-1), limit).toMatch(/^success/);
      await expect.poll(async () => (await listing())?.stale, limit).toBe(false);
    },
  );

  it("recovered leaves log entries of every fault and no active warning", async () => {
    expect(up.output()).toMatch(/alice\/hello could not be listed, the last listing is kept: gitHub answered 502/i);
    const pools = await machine.run("get", "pools");
    expect(pools.stdout + pools.stderr).not.toMatch(/could not be listed/);
  });

  it("has no budget left is not listed until the reset, and still gets verdicts", async () => {
    const { number, commit, release } = await failing("spent");
    const known = uids();
    machine.github.budgets.leave("graphql", 0, 8_000);
    const late = await trifle(`late-${number}`);
    release();
    await expect
      .poll(listing, limit)
      .toMatchObject({ stale: true, message: expect.stringMatching(/rate limit|budget/) });
    expect(uids()).toEqual(known);
    await expect.poll(() => comments(number), limit).toHaveLength(1);
    await expect.poll(() => statuses(commit), limit).toEqual(["pending Started", expect.stringMatching(/^error/)]);
    await expect.poll(() => statuses(late.commit).at(-1), limit).toMatch(/^success/);
  });

  it("answers slowly causes no stale listing", async () => {
    for (const on of ["* /graphql", "* /repos/*"])
      machine.github.faults.add({ on, fault: { kind: "slow", ms: 1_500 } });
    const { commit } = await trifle("slow");
    await expect.poll(() => statuses(commit).at(-1), limit).toMatch(/^success/);
    expect(await listing()).toMatchObject({ stale: false });
    machine.github.faults.clear();
  });

  it("fails for one pull request builds the others and keeps the last state of that one", async () => {
    const { number, commit, release } = await failing("unreadable");
    machine.github.faults.add({ on: "POST /graphql", fault: { kind: "unreadable", number } });
    machine.github.state.edit({ repository: hello, number, title: "Cannot be read" });
    const neighbour = await trifle("neighbour");
    await expect.poll(() => build(neighbour.number), limit).toBeDefined();
    release();
    await expect.poll(() => statuses(neighbour.commit).at(-1), limit).toMatch(/^success/);
    await expect.poll(() => comments(number), limit).toHaveLength(1);
    await expect.poll(() => statuses(commit), limit).toEqual(["pending Started", expect.stringMatching(/^error/)]);
    expect(build(number)?.spec.title).toBe("unreadable");
    machine.github.faults.clear();
    await expect.poll(() => build(number)?.spec.title, limit).toBe("Cannot be read");
  });

  const lost: readonly (readonly [string, Fault])[] = [
    ["is cut before it is applied", { kind: "cutBefore" }],
    ["is applied and its answer is cut", { kind: "cutAfter" }],
    ["is applied and half of its answer arrives", { kind: "cutDuring" }],
    ["meets a 502", { kind: "status", status: 502 }],
    ["meets 403 with Retry-After", { kind: "retryAfter", status: 403, seconds: 1 }],
  ];
  it.each(lost)("gets a status and a comment once when the write of each %s", async (name, fault) => {
    const { number, commit, release } = await failing(name.replaceAll(" ", "-"));
    for (const on of [`POST /repos/${hello}/statuses/*`, `POST /repos/${hello}/issues/*`])
      machine.github.faults.add({ on, times: 1, fault });
    release();
    await expect.poll(() => build(number)?.status?.reported, limit).toHaveProperty("commented");
    await expect.poll(() => statuses(commit), limit).toEqual(["pending Started", expect.stringMatching(/^error/)]);
    expect(comments(number)).toHaveLength(1);
    expect(
      machine.github.requests.filter(({ path, fault: met }) => met === fault.kind && path.includes(commit)),
    ).toHaveLength(1);
    machine.github.faults.clear();
  });

  it("had all these faults has every verdict once, each from a Ready builder", async () => {
    const writes = recorder.writes();
    expect(broken(writes)).toEqual([]);
    await expect.poll(() => unreported(recorder.writes(), machine.github.state), limit).toEqual([]);
    const counts = recorder.builds().map(({ spec }) => [spec.check, comments(spec.number).length <= 1]);
    expect(counts).toEqual(counts.map(() => [check, true]));
  });
});
