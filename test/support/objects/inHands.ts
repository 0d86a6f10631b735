import { type Build, BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import {
  claim,
  finish,
  type Holder,
  start,
  type Transition,
  type VerdictInput,
} from "../../../src/core/build/claim.ts";
import { aBuild } from "./build.ts";
import { iso, noon } from "./moment.ts";

/** Builds in the hands of a builder, step by step as `core/queue/claim` lets them go on. */

/** A builder with the first attempt at a Build. */
export const holderOf = (builder: string): Holder => ({ builder, incarnation: `${builder}-1`, attempt: 1 });

export const finding: VerdictInput = {
  result: "Success",
  description: "",
  silent: false,
  startedAt: iso(noon),
  finishedAt: iso(noon + 1),
};

/** The status after a step that must be allowed. */
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

export function finished(build: Stored<"Build"> = aBuild(), builder = "o2-0", says = finding) {
  const started = running(build, builder);
  return applied(started, finish(started, holderIn(started), says));
}

/** Whoever holds it. */
export function holderIn({ metadata, status }: Build): Holder {
  if (status?.claim === undefined) throw new Error(`${metadata.name} is held by nobody`);
  return status.claim;
}
