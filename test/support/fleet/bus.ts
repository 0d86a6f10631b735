import type { Build } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import type { Transition } from "../../../src/core/build/claim.ts";
import { iso } from "../objects/moment.ts";

/** The stored Builds of a fleet, without caches and without write conflicts. */
export interface Bus {
  all(): readonly Stored<"Build">[];
  get(name: string): Stored<"Build"> | undefined;
  /** Writes a Build; deletes it if `after` is undefined. */
  write(name: string, after: Build | undefined): void;
  /** Applies a transition. Returns false if it is refused or the Build is deleted. */
  apply(name: string, step: (build: Build) => Transition): boolean;
  /** The time when the request of a Build was raised. */
  raisedAt(build: Build): number | undefined;
}

export function createBus(
  now: () => number,
  onWrite: (before: Build | undefined, after: Build | undefined) => void,
): Bus {
  const builds = new Map<string, Stored<"Build">>();
  const raised = new Map<string, number>();
  let versions = 0;

  function write(name: string, after: Build | undefined): void {
    const before = builds.get(name);
    versions += 1;
    if (after === undefined) builds.delete(name);
    else {
      const key = requestOf(after);
      if (!raised.has(key)) raised.set(key, now());
      builds.set(name, stored(after, versions, now()));
    }
    onWrite(before, after);
  }

  return {
    all: () => [...builds.values()],
    get: (name) => builds.get(name),
    write,
    apply(name, step) {
      const build = builds.get(name);
      const transition = build === undefined ? { refused: "deleted" } : step(build);
      if (build === undefined || "refused" in transition) return false;
      write(name, { ...build, status: transition.status });
      return true;
    },
    raisedAt: (build) => raised.get(requestOf(build)),
  };
}

function requestOf({ metadata, spec }: Build): string {
  return `${metadata.name} ${spec.request}`;
}

function stored(build: Build, version: number, now: number): Stored<"Build"> {
  const { name, uid = `uid-${version}`, creationTimestamp = iso(now) } = build.metadata;
  const metadata = { ...build.metadata, name, namespace: "default", uid, creationTimestamp, generation: 1 };
  return { ...build, metadata: { ...metadata, resourceVersion: String(version) } };
}
