import type { Build } from "../../api/objects/build.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { isHeld } from "../../core/build/state.ts";
import { chooseBuild } from "../../core/queue/choose.ts";
import type { Brain } from "../brain.ts";
import { readForceHashes } from "./forceHashes.ts";
import { queueViewOf } from "./queueView.ts";
import type { Work } from "./work.ts";

/**
 * Chooses the next build from the current lists. Without one, returns the milliseconds until the next look at the
 * queue.
 */
export async function nextWork(brain: Brain): Promise<Work | { readonly again: number }> {
  const pool = brain.pool();
  if (pool === undefined || !brain.heartbeat.mayStart()) return { again: Number.POSITIVE_INFINITY };
  const forced = await readForceHashes(brain.sandbox.forceHashes);
  brain.setNote(
    "forced",
    forced && "force-hashes limits builds here to the commits it lists; empty the file to build everything",
  );
  brain.status.setStatus({ forced: forced?.slice(0, 100) });
  const checks = brain.checks();
  const checkOf = ({ spec }: Build) =>
    checks.find(({ name, repository }) => name === spec.check && repository === spec.repository);
  const isForUs = (build: Build) => checkOf(build) !== undefined && isForced(build, forced);
  const view = queueViewOf(brain, pool);
  const choice = chooseBuild({
    ...view,
    builds: view.builds.filter((build) => isHeld(build) || isForUs(build)),
    recheck: pool.spec.recheck,
    random: brain.world.clock.random,
  });
  if (!("build" in choice)) return { again: choice.again ?? Number.POSITIVE_INFINITY };
  const check = checkOf(choice.build);
  const build: Stored<"Build"> | undefined = brain.builds.get(choice.build.metadata.name);
  return check === undefined || build === undefined ? { again: 0 } : { build, check, pool };
}

function isForced({ spec }: Build, forced: readonly string[] | undefined): boolean {
  return forced === undefined || forced.some((commit) => spec.commit.startsWith(commit));
}
