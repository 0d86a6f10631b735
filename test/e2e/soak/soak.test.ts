import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shadowNameOf } from "../../../src/core/build/identity.ts";
import { broken } from "../../support/up/invariants.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";
import { listenForBuilds } from "./announcements.ts";
import { attemptsOf } from "./attempts.ts";
import { calmDown, endSilence, perform, type SoakWorld } from "./hands.ts";
import { type Evidence, missingOf, problemsOf } from "./judge.ts";
import { lineOf, type Step, scheduleOf } from "./schedule.ts";

const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
const length = Number(process.env["SOAK_MINUTES"] ?? 4) * 60_000;
/** Time for every verdict after the last step. Attempts that lost their builder pause for up to two minutes. */
const settling = 420_000;
const silent = "soak-shadow";
const folder = resolve(import.meta.dirname, "../../../.work/soak");

describe(`pools in a random soak of ${length / 60_000} min (SOAK_SEED=${seed})`, () => {
  const scenario = aScenario("soak");
  const { hostAddress = "" } = anE2ECluster();
  const log: string[] = [];
  const say = (line: string) => {
    log.push(line);
    if (process.env["SOAK_LOG"]) process.stderr.write(`${line}\n`);
  };
  let world: SoakWorld;

  beforeAll(async () => {
    world = { scenario, silent, announcements: await listenForBuilds(hostAddress), changes: [] };
  });
  afterAll(async () => await world?.announcements.close());

  const statesOf = (commit: string) => scenario.statuses(commit).map((status) => status.split(" ")[0] ?? "");

  async function evidence(): Promise<Evidence> {
    const writes = await scenario.writes();
    const opinions = new Set(
      writes.flatMap(({ kind, object }) => (kind === "Build" && object.spec.opinion ? [object.spec.commit] : [])),
    );
    return {
      changes: world.changes,
      statesOf,
      runs: world.announcements.runs(),
      attempts: attemptsOf(writes),
      hasOpinion: (commit) => opinions.has(commit),
    };
  }

  /** Runs `act`. A failure names the seed, the last steps, and a file with everything that the soak saw. */
  async function told<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const { statesOf: _, ...seen } = await evidence();
      const statuses = Object.fromEntries(world.changes.map(({ commit }) => [commit, scenario.statuses(commit)]));
      const file = resolve(folder, `${seed}.json`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, JSON.stringify({ seed, log, ...seen, statuses, writes: await scenario.writes() }));
      const last = log.slice(-40).join("\n");
      throw new Error(`SOAK_SEED=${seed}: ${error}\nhistory: ${file}\nthe last steps:\n${last}`, { cause: error });
    }
  }

  /** Waits until the loud pool is ready. On a loaded machine four first builders need minutes. */
  const ready = () => waitFor("three ready builders", () => scenario.ready(3).then(() => true), 500_000);

  async function take(step: Step): Promise<void> {
    const target = await perform(step, world).catch((error) => `refused: ${String(error).split("\n")[0]}`);
    say(`${new Date().toISOString()} ${lineOf(step)}: ${target.trim()}`);
  }

  it("live through everything that people do to them", { timeout: length + 600_000 }, async () => {
    process.stderr.write(`SOAK_SEED=${seed} SOAK_MINUTES=${length / 60_000}\n`);
    const common = { partition: { patience: "1s" }, recheck: { minBackoff: "12h" } };
    await scenario.declare({ ...common, instances: 3 });
    await scenario.declare({ ...common, instances: 1, silent: true }, silent);
    await ready();
    const start = performance.now();
    for (const step of scheduleOf(seed, length)) {
      await sleep(Math.max(0, start + step.at - performance.now()));
      await take(step);
    }
    expect(world.changes.length).toBeGreaterThan(0);
  });

  it("become calm and ready again", { timeout: 600_000 }, () =>
    told(async () => {
      await waitFor("the calm", async () => {
        await calmDown(world);
        return true;
      });
      await ready();
      await waitFor("the end of all silence", async () => {
        await endSilence(world);
        return true;
      });
    }),
  );

  it("give every open pull request its right verdict", { timeout: settling + 60_000 }, () =>
    told(async () => {
      const done = async () => missingOf({ changes: world.changes, statesOf }).length === 0;
      await waitFor("all verdicts", done, settling).catch(() => {});
      expect(missingOf({ changes: world.changes, statesOf })).toEqual([]);
    }),
  );

  it("give no wrong verdict, give none twice, and build nothing twice", { timeout: 120_000 }, () =>
    told(async () => {
      const writes = await scenario.writes();
      // The pool's shadows of its own Builds have the same numbers, and requests of their own.
      const own = writes.filter(
        ({ object: { metadata, spec } }) => spec.pool === scenario.pool && !metadata.name.endsWith(shadowNameOf("")),
      );
      expect([...problemsOf(await evidence()), ...broken(own)]).toEqual([]);
    }),
  );
});
