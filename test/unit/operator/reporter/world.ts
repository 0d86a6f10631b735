import { onTestFinished } from "vitest";
import type { BuildSpec, BuildStatus } from "../../../../src/api/objects/build.ts";
import { apiVersion } from "../../../../src/api/objects/group.ts";
import { GitHubError } from "../../../../src/github/github.ts";
import { createRefusals } from "../../../../src/operator/reporter/refusals.ts";
import { runReporter } from "../../../../src/operator/reporter/run.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { retryOnConflict } from "../../../../src/store/write.ts";
import { fakeClock, settled } from "../../../support/fakeClock.ts";
import { keptLog } from "../../../support/keptLog.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aBuild, commitA } from "../../../support/objects/reportedBuild.ts";
import { fakeGitHub } from "./fakeGitHub.ts";

export const context = "build/O2/o2";
export const second = 1000;
export const minute = 60 * second;
export const unreachable = new GitHubError("Unreachable", "502");

const poolObject = (spec: Parameters<typeof aPool>[0] = {}) => ({ ...aPool(spec), metadata: { name: "o2" } });

/** A running reporter on a real embedded store. The pool has the loud builder `o2-3` and the silent `o2-4`. */
export async function aReporter() {
  const clock = fakeClock();
  const log = keptLog();
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  const github = fakeGitHub();
  const refusals = createRefusals(clock);
  let stop = async () => {};

  async function start(): Promise<void> {
    const end = new AbortController();
    const ended = runReporter({ store, clock, log, refusals, github: () => github }, end.signal);
    stop = async () => {
      end.abort();
      await ended;
    };
    await quiet();
  }

  /** Writes the status of the Build. */
  async function change(status: Partial<BuildStatus>): Promise<void> {
    await retryOnConflict(
      store,
      "Build",
      "o2-build",
      (fresh) => ({ ...fresh, status: { phase: "Queued", attempt: 0, ...fresh.status, ...status } }),
      "status",
    );
    await quiet();
  }

  onTestFinished(async () => {
    await stop();
    store.close();
  });
  await store.create("BuilderPool", poolObject());
  for (const name of ["o2-3", "o2-4"]) {
    await store.create("Builder", {
      apiVersion,
      kind: "Builder",
      metadata: { name },
      spec: { pool: "o2", desired: "Active", external: false, silent: name === "o2-4" },
    });
  }
  await start();

  return {
    clock,
    store,
    github,
    refusals,
    start,
    stop: () => stop(),
    async restart() {
      await stop();
      await start();
    },
    /** Creates the Build. */
    async put(spec: Partial<BuildSpec>, status: Partial<BuildStatus>): Promise<void> {
      await store.create("Build", aBuild(spec));
      await change(status);
    },
    change,
    /** Changes the spec of the Build. */
    async respecify(spec: Partial<BuildSpec>): Promise<void> {
      const build = await store.get("Build", "o2-build");
      if (build !== undefined) await store.apply("Build", { ...build, spec: { ...build.spec, ...spec } });
    },
    async setPool(spec: Parameters<typeof aPool>[0]): Promise<void> {
      await store.apply("BuilderPool", poolObject(spec));
      await quiet();
    },
    quiet,
    /** Advances the clock. */
    async pass(ms: number): Promise<void> {
      await clock.advance(ms);
      await quiet();
    },
    reported: async () => (await store.get("Build", "o2-build"))?.status?.reported,
    /** Description of the commit's status on GitHub. */
    shown: (commit = commitA) => github.status(commit, context)?.description,
    /** Messages logged as errors. */
    errors: () => log.lines.filter(({ level }) => level === "error").map(({ message }) => message),
  };
}

/** Waits for the reporter to react: watches, queue and store need no clock. */
async function quiet(): Promise<void> {
  for (let n = 0; n < 40; n += 1) await settled();
}
