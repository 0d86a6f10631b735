import { type Build, BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, finish, start, type Transition, type VerdictInput } from "../../../src/core/build/claim.ts";
import type { Holder } from "../../../src/core/build/state.ts";
import { aBuild } from "./build.ts";
import { iso, noon } from "./moment.ts";

/** Builds in each phase of a claim, made with the real transitions. */

/** The holder of the first attempt at a Build. */
export const holderOf = (builder: string): Holder => ({ builder, incarnation: `${builder}-1`, attempt: 1 });

export const finding: VerdictInput = {
  result: "Success",
  description: "",
  silent: false,
  startedAt: iso(noon),
  finishedAt: iso(noon + 1),
};

/** The status after a transition; throws if the transition is refused. */
export function statusAfter(transition: Transition): BuildStatus {
  if ("refused" in transition) throw new Error(transition.refused);
  return BuildStatus.parse(transition.status);
}

export function applied<B extends Build>(build: B, transition: Transition): B & { readonly status: BuildStatus } {
  return { ...build, status: statusAfter(transition) };
}

export function claimed(build: Stored<"Build"> = aBuild(), builder = "o2-0", now = noon) {
  return applied(build, claim(build, holderOf(builder), now));
}

export function running(build: Stored<"Build"> = aBuild(), builder = "o2-0", now = noon) {
  const held = claimed(build, builder, now);
  return applied(held, start(held, holderIn(held)));
}

export function finished(build: Stored<"Build"> = aBuild(), builder = "o2-0", input = finding) {
  const started = running(build, builder);
  return applied(started, finish(started, holderIn(started), input));
}

/** The holder of the Build; throws if the Build is not held. */
export function holderIn({ metadata, status }: Build): Holder {
  if (status?.claim === undefined) throw new Error(`${metadata.name} is not held`);
  return status.claim;
}
