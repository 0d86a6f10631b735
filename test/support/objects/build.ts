import type { BuildSpec, BuildStatus } from "../../../src/api/objects/build.ts";
import { apiVersion } from "../../../src/api/objects/group.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { iso, noon } from "./moment.ts";
import { created, meta } from "./stored.ts";

export const sha = (digits: string | number) => `${digits}`.padStart(40, "0");

/** A Build with defaults. Each test gives only the fields that matter. */
export function aBuild(spec: Partial<BuildSpec> = {}, status?: Partial<BuildStatus>): Stored<"Build"> {
  const number = spec.number ?? 1;
  return {
    apiVersion,
    kind: "Build",
    metadata: meta(`o2-${number}`),
    spec: {
      pool: "o2",
      check: "build/O2/o2",
      repository: "o/r",
      number,
      commit: sha(number),
      base: "master",
      title: "A change",
      author: "alice",
      urgent: false,
      waitingSince: created,
      group: "untested",
      request: 1,
      ...spec,
    },
    ...(status === undefined ? {} : { status: { phase: "Queued", attempt: 0, ...status } }),
  };
}

/** A build that a builder holds. */
export function heldBy(builder: string, spec: Partial<BuildSpec> = {}, status: Partial<BuildStatus> = {}) {
  const build = aBuild(spec);
  const { commit, request } = build.spec;
  const held = { builder, incarnation: `${builder}-1`, attempt: 1, request, commit, since: created };
  return aBuild(spec, { phase: "Running", attempt: 1, claim: held, tree: builder, ...status });
}

/** A build with a verdict. */
export function withVerdict(
  result: "Success" | "Failure",
  spec: Partial<BuildSpec> = {},
  status: Partial<BuildStatus> = {},
) {
  const { commit, request } = aBuild(spec).spec;
  const verdict = {
    commit,
    request,
    attempt: 1,
    builder: "o2-0",
    result,
    description: "",
    silent: false,
    startedAt: created,
    finishedAt: iso(noon),
  };
  return aBuild(spec, { phase: "Done", attempt: 1, verdict, tree: "o2-0", ...status });
}
