import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, finish, start } from "../../../src/core/build/claim.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { firstBuildsOf } from "../../../src/core/queue/firstBuild.ts";
import { planQueue } from "../../../src/core/queue/plan.ts";
import { aClient, branch, repository, signal } from "../../support/github/aClient.ts";
import { type Association, type ReviewRecord, setAssociation } from "../../support/github/records.ts";
import { aPool } from "../../support/objects/pool.ts";
import { meta } from "../../support/objects/stored.ts";

const reviewers = ["rita", "eve"] as const;
const number = 1;
const pool = aPool({ repository, branch });
const writers: readonly Association[] = ["OWNER", "MEMBER", "COLLABORATOR"];

type Step =
  | { readonly do: "review"; readonly author: string; readonly state: ReviewRecord["state"] }
  | { readonly do: "associate"; readonly author: string; readonly association: Association }
  | { readonly do: "push" | "poll" | "claim" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("review" as const),
    author: fc.constantFrom(...reviewers),
    state: fc.constantFrom(
      "APPROVED" as const,
      "APPROVED" as const,
      "CHANGES_REQUESTED" as const,
      "COMMENTED" as const,
    ),
  }),
  fc.record({
    do: fc.constant("associate" as const),
    author: fc.constantFrom(...reviewers),
    association: fc.constantFrom<Association>("COLLABORATOR", "CONTRIBUTOR", "NONE", "NONE"),
  }),
  fc.record({
    do: fc.constantFrom("push" as const, "poll" as const, "poll" as const, "claim" as const, "claim" as const),
  }),
);

/** A stranger's pull request, the operator's queue over a real listing, and one builder. */
async function aWorld() {
  const { clock, client, gitHub, open } = await aClient({ isOld: true });
  await open({ number, author: "stranger", association: "NONE" });
  const associations = new Map<string, Association>([
    ["rita", "MEMBER"],
    ["eve", "NONE"],
  ]);
  const built = new Set<string>();
  const pull = () => gitHub.state.pullRequest(repository, number);
  const head = () => pull().commits.at(-1)?.oid ?? "";
  let build: Stored<"Build"> | undefined;

  /** Read from the state of GitHub, without the code under test. */
  function mayBeBuilt(): boolean {
    return reviewers.some((login) => {
      const opinions = pull().reviews.filter(({ author, state }) => author === login && state !== "COMMENTED");
      const last = opinions.at(-1);
      const isWriter = writers.includes(associations.get(login) ?? "NONE");
      return isWriter && last?.state === "APPROVED" && last.commit === head();
    });
  }

  async function poll(): Promise<void> {
    const builds = build === undefined ? [] : [build];
    const reread = firstBuildsOf(builds, { repository, branch });
    const listing = await client.list({ repository, branch, teams: [], reread, signal });
    const queue = {
      pool,
      ...poolChecksOf(pool),
      ownerOf: () => "o2",
      listingOf: () => listing,
      builds,
      rechecks: false,
    };
    for (const action of planQueue(queue, clock.now())) {
      if (action.do !== "delete") build = { ...action.build, metadata: meta(action.build.metadata.name) };
    }
  }

  /** The builder claims, the operator reads trust again, and the builder starts. Returns whether the build ran. */
  async function runBuild(): Promise<boolean> {
    const self = { builder: "o2-0", incarnation: "i" };
    const claimed = build && claim(build, self, clock.now());
    if (build === undefined || claimed === undefined || "refused" in claimed) return false;
    build = { ...build, status: claimed.status };
    await poll();
    const holder = { ...self, attempt: claimed.status.attempt };
    const started = start(build, holder);
    if ("refused" in started) {
      const { claim: _, ...rest } = claimed.status;
      build = { ...build, status: { ...rest, phase: "Queued" } };
      return false;
    }
    built.add(build.spec.commit);
    const at = new Date(clock.now()).toISOString();
    const finding = { result: "Success" as const, description: "", silent: false, startedAt: at, finishedAt: at };
    const done = finish({ ...build, status: started.status }, holder, finding);
    if ("status" in done) build = { ...build, status: done.status };
    return true;
  }

  async function apply(one: Step): Promise<void> {
    clock.advance(1000);
    if (one.do === "review") {
      const association = associations.get(one.author);
      gitHub.state.review({ repository, number, author: one.author, state: one.state, association });
    } else if (one.do === "associate") {
      associations.set(one.author, one.association);
      setAssociation(gitHub.state.repository(repository), one.author, one.association);
    } else if (one.do === "push") await gitHub.state.push({ repository, number });
    else if (one.do === "poll") await poll();
    else {
      const expected = mayBeBuilt() && !built.has(head());
      if (await runBuild()) expect(expected).toBe(true);
    }
  }

  return { clock, gitHub, head, built, poll, runBuild, mayBeBuilt, apply };
}

describe("approvals", () => {
  it("start a build only while the rule holds at the claim, and always after the next complete reading", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const { clock, head, built, poll, runBuild, mayBeBuilt, apply } = await aWorld();
        for (const one of steps) await apply(one);
        clock.advance(3_600_000);
        await poll();
        const expected = mayBeBuilt() && !built.has(head());
        expect(await runBuild()).toBe(expected);
      }),
      { numRuns: 120 },
    );
  });

  it("that were withdrawn after the listing and before the claim start no build", async () => {
    const withdrawals: readonly Step[] = [
      { do: "review", author: "rita", state: "CHANGES_REQUESTED" },
      { do: "review", author: "rita", state: "DISMISSED" },
      { do: "associate", author: "rita", association: "NONE" },
    ];
    for (const withdrawal of withdrawals) {
      const { poll, runBuild, apply } = await aWorld();
      await apply({ do: "review", author: "rita", state: "APPROVED" });
      await poll();
      await apply(withdrawal);
      expect(await runBuild()).toBe(false);
    }
  });
});
