import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claimed, finding } from "../../support/objects/inHands.ts";
import { iso } from "../../support/objects/moment.ts";
import { aBuilderPod, inHands, logOf, refusalOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";

const otherCommit = "f".repeat(40);

let cluster: TestCluster;
let installation: Installation;
let me: Awaited<ReturnType<typeof aBuilderPod>>;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("admission");
  me = await aBuilderPod(installation);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("with its verdict, a builder may not", () => {
  const cheats: readonly (readonly [what: string, cheat: () => Promise<unknown>, sentence?: string])[] = [
    ["set a verdict without a claim", () => me.from("Queued", (build) => inHands(build, "o2-0", "Done"))],
    ["set a verdict before Running", () => me.from("Claimed", (build) => inHands(build, "o2-0", "Done"))],
    [
      "set a verdict in the name of another",
      () =>
        me.from("Running", (build) => ({
          ...inHands(build, "o2-0", "Done"),
          ...verdictOf(build, { builder: "o2-1" }),
        })),
    ],
    [
      "set a verdict about another commit",
      () =>
        me.from("Running", (build) => ({
          ...inHands(build, "o2-0", "Done"),
          ...verdictOf(build, { commit: otherCommit }),
        })),
    ],
    [
      "name a cause without its failure",
      () =>
        me.from("Running", (build) => ({
          ...inHands(build, "o2-0", "Done"),
          ...verdictOf(build, { result: "Failure", cause: "OutOfMemory" }),
        })),
    ],
    ...(["Success", "Failure"] as const).map(
      (result) =>
        [
          `name a cause beside ${result} and a failure of ${result === "Success" ? "its own" : "another"}`,
          () =>
            me.from("Running", (build) => ({
              ...inHands(build, "o2-0", "Done"),
              ...verdictOf(build, { result, cause: "OutOfMemory" }),
              trouble: {
                reason: "OutOfMemory" as const,
                message: "no memory",
                builder: result === "Success" ? "o2-0" : "o2-1",
                count: 1,
                request: 1,
                at: iso(0),
              },
            })),
        ] as const,
    ),
    [
      "change its verdict afterwards",
      () =>
        me.from("Done", (build) => ({ ...inHands(build, "o2-0", "Done"), ...verdictOf(build, { result: "Failure" }) })),
    ],
    [
      "mark the log of another's verdict as stored",
      async () =>
        me.steal("Done", (status) => ({
          ...status,
          ...(status.verdict && {
            verdict: { ...status.verdict, log: { path: "a/b", url: "http://logs/a/b", stored: true } },
          }),
        })),
    ],
    [
      "forge the history",
      () => me.from("Running", (build) => ({ ...inHands(build, "o2-0", "Running"), history: [] })),
      "status.history",
    ],
    [
      "finish with a history of its own",
      () =>
        me.finishes((status) => ({
          ...status,
          history: [{ ...finding, commit: otherCommit, request: 0, attempt: 0, builder: "o2-1" }],
        })),
      "status.history",
    ],
    ["finish with more rechecks", () => me.finishes((status) => ({ ...status, rechecks: 9 })), "status.history"],
    [
      "leave the last verdict out of the history",
      () => me.finishesAgain(({ history: _, ...status }) => status),
      "status.history",
    ],
    [
      "change the last verdict on its way into the history",
      () =>
        me.finishesAgain((status) => ({
          ...status,
          history: (status.history ?? []).map((verdict) => ({ ...verdict, result: "Failure" as const })),
        })),
      "status.history",
    ],
    [
      "link to another server",
      () => me.finishes((status) => linkedTo(status, (url) => url.replace("logs", "evil.example"))),
      "verdict.log.url",
    ],
    [
      "link to a server with a name that begins as ours",
      () => me.finishes((status) => linkedTo(status, (url) => url.replace("logs", "logs.evil.example"))),
      "verdict.log.url",
    ],
    [
      "link to ours through a user name",
      () => me.finishes((status) => linkedTo(status, (url) => url.replace("logs", "logs@evil.example"))),
      "verdict.log.url",
    ],
    [
      "link to another page of ours",
      () => me.finishes((status) => linkedTo(status, (url) => `${url}/../../../../8/`)),
      "verdict.log.url",
    ],
    [
      "link to the log of another pull request",
      () =>
        me.finishes((status) => {
          const path = `o/r/9999/${otherCommit}/build_O2_o2/pretty.html`;
          const log = { path, url: `http://logs/${path}`, stored: true };
          return { ...status, ...(status.verdict && { verdict: { ...status.verdict, log } }) };
        }),
      "verdict.log.path",
    ],
    [
      "link to a folder above its log",
      () =>
        me.finishes((status) => {
          const { verdict } = status;
          const path = verdict?.log?.path.replace("build_O2_o2", "..") ?? "";
          const log = { path, url: `http://logs/${path}`, stored: true };
          return { ...status, ...(verdict && { verdict: { ...verdict, log } }) };
        }),
      "verdict.log.path",
    ],
    [
      "change the times of its verdict together with its log",
      () =>
        me.from("Done", (build) =>
          changedVerdict(build, { log: { ...logOf(build), stored: true }, startedAt: iso(0) }),
        ),
    ],
    [
      "change the step of another through the log of its own old verdict",
      async () => {
        const done = await me.heldBy("o2-0", "Done");
        const { store } = installation.admin;
        const wanted = await store.update("Build", { ...done, spec: { ...done.spec, request: 2 } });
        const held = await store.updateStatus("Build", claimed(wanted, "o2-1"));
        return me.write(held, { ...changedVerdict(held, { log: { ...logOf(held), stored: true } }), step: "mine" });
      },
    ],
  ];

  const generic = "a builder claims in its own name";
  const named = cheats.map(([what, cheat, sentence = generic]) => [what, cheat, sentence] as const);
  it.each(named)("%s", async (_what, cheat, sentence) => {
    expect(await refusalOf(cheat)).toContain(sentence);
  });
});

/** The status with another address of its log. */
function linkedTo(status: BuildStatus, change: (url: string) => string): BuildStatus {
  const { verdict } = status;
  if (verdict?.log === undefined) throw new Error("no log");
  return { ...status, verdict: { ...verdict, log: { ...verdict.log, url: change(verdict.log.url) } } };
}

function changedVerdict(build: Stored<"Build">, change: object): BuildStatus {
  const status = build.status ?? inHands(build, "o2-0", "Done");
  return { ...status, ...(status.verdict && { verdict: { ...status.verdict, ...change } }) };
}

function verdictOf(build: Stored<"Build">, change: object): Pick<BuildStatus, "verdict"> {
  const { verdict } = inHands(build, "o2-0", "Done");
  return { ...(verdict && { verdict: { ...verdict, ...change } }) };
}
