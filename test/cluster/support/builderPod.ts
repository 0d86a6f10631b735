import type { BuildStatus } from "../../../src/api/objects/build.ts";
import { poolLabel } from "../../../src/api/objects/group.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { finish } from "../../../src/core/build/claim.ts";
import { logDirectoryOf, resultPageName } from "../../../src/core/report/log/paths.ts";
import { isStoreError } from "../../../src/store/error.ts";
import { aBuild } from "../../support/objects/build.ts";
import { claimed, finding, finished, holderIn, running, statusAfter } from "../../support/objects/inHands.ts";
import { noon } from "../../support/objects/moment.ts";
import { type Installation, logsUrl } from "./installation.ts";
import { runOperator } from "./operator.ts";
import { playBuilders } from "./players.ts";
import { aPool, podsOf, settled } from "./pools.ts";
import { until } from "./until.ts";

type Phase = "Claimed" | "Running" | "Done";

/** The log of a Build, not stored yet. Its address begins with the public address of the installation's logs. */
export function logOf({ spec, status }: Stored<"Build">) {
  const { commit } = status?.claim ?? status?.verdict ?? spec;
  const path = `${logDirectoryOf({ ...spec, commit })}/${resultPageName}`;
  return { path, url: `${logsUrl}/${path}`, stored: false };
}

const phases = {
  Claimed: claimed,
  Running: running,
  Done: (build: Stored<"Build">, builder: string) => finished(build, builder, { ...finding, log: logOf(build) }),
};

/** The status of a Build claimed by a builder. */
export const inHands = (build: Stored<"Build">, builder: string, phase: Phase): BuildStatus =>
  phases[phase](build, builder).status;

/** The builder `o2-0` of a pool of two, with the token of its pod. The admission policies are active. */
export async function aBuilderPod(installation: Installation) {
  const { admin } = installation;
  {
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
  }
  const uids = await podsOf(installation, "o2");
  const me = await installation.as("o2-builder", { name: "o2-0", uid: uids.get("o2-0") ?? "" });
  let builds = 0;

  /** A waiting Build, by default of the pool `o2`. */
  async function waiting(spec: Parameters<typeof aBuild>[0] = {}): Promise<Stored<"Build">> {
    builds += 1;
    const build = aBuild({ number: builds, ...spec });
    const metadata = { name: `build-${builds}`, labels: { [poolLabel]: "o2" } };
    return admin.store.create("Build", { ...build, metadata });
  }

  async function heldBy(builder: string, phase: Phase): Promise<Stored<"Build">> {
    const build = await waiting();
    return admin.store.updateStatus("Build", { ...build, status: inHands(build, builder, phase) });
  }

  /** Client of this builder. */
  const write = (build: Stored<"Build">, status: BuildStatus) => me.store.updateStatus("Build", { ...build, status });

  async function claimFor(builder: string, spec: Parameters<typeof aBuild>[0] = {}): Promise<unknown> {
    const build = await waiting(spec);
    return write(build, inHands(build, builder, "Claimed"));
  }

  await until("the policies to be in force", () => isRefused(() => claimFor("o2-1")));

  return {
    ...me,
    /** UIDs of the pods, by name. */
    uids,
    waiting,
    heldBy,
    write,
    /** Claims a new Build in a builder's name. */
    claimFor,
    /** Changes the status of a waiting Build, or of its own Build in that phase. */
    async from(phase: Phase | "Queued", status: (build: Stored<"Build">) => BuildStatus): Promise<unknown> {
      const { status: _, ...build } = phase === "Queued" ? await waiting() : await heldBy("o2-0", phase);
      return write(build, status(build));
    },
    /** Finishes its own running Build with another status than the right one. */
    async finishes(change: (status: BuildStatus) => BuildStatus): Promise<unknown> {
      const held = await heldBy("o2-0", "Running");
      const log = logOf(held);
      return write(held, change(statusAfter(finish(held, holderIn(held), { ...finding, log }))));
    },
    /** Finishes its second attempt at a Build with another status than the right one. */
    async finishesAgain(change: (status: BuildStatus) => BuildStatus): Promise<unknown> {
      const done = await heldBy("o2-1", "Done");
      const wanted = await admin.store.update("Build", { ...done, spec: { ...done.spec, request: 2 } });
      const held = await admin.store.updateStatus("Build", running(wanted, "o2-0", noon));
      return write(held, change(statusAfter(finish(held, holderIn(held), finding))));
    },
    /** Changes the status of another builder's Build. */
    async steal(phase: Phase, change: (status: BuildStatus) => BuildStatus): Promise<unknown> {
      const held = await heldBy("o2-1", phase);
      return write(held, change(statusOf(held)));
    },
  };
}

/** Whether the API server forbids the work. Throws any other error. */
export async function isRefused(act: () => Promise<unknown>): Promise<boolean> {
  return (await refusalOf(act)) !== undefined;
}

/** The API server's reason to forbid the work; undefined if the work is done. Throws any other error. */
export async function refusalOf(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (isStoreError(error, "Forbidden")) return error.message;
    throw error;
  }
}

export function statusOf<S>({
  metadata,
  status,
}: {
  readonly metadata: { readonly name: string };
  readonly status?: S;
}) {
  if (status === undefined) throw new Error(`${metadata.name} has no status`);
  return status;
}
