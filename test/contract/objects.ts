import type { Build, BuildStatus } from "../../src/api/objects/build.ts";
import type { Builder, BuilderStatus } from "../../src/api/objects/builder.ts";
import { apiVersion } from "../../src/api/objects/group.ts";
import type { Lease } from "../../src/api/objects/lease.ts";
import type { ObjectMeta } from "../../src/api/objects/metadata.ts";
import { BuilderPool } from "../../src/api/objects/pool.ts";

/** Valid objects of the four kinds. A test overrides only the fields it is about. */

type Meta = Partial<ObjectMeta>;

export function aPool(name: string, metadata: Meta = {}): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { ...metadata, name },
    spec: {
      package: "O2",
      repository: "AliceO2Group/AliceO2",
      branch: "dev",
      image: "registry.example.org/slc9-builder:1",
      architecture: "slc9_x86-64",
      checks: [{ name: "build/O2/o2" }, { name: "build/O2/fullCI", package: "O2fullCI" }],
    },
  });
}

export function aBuilder(name: string, metadata: Meta = {}): Builder {
  return {
    apiVersion,
    kind: "Builder",
    metadata: { ...metadata, name },
    spec: { pool: "o2", desired: "Active", external: false },
  };
}

export function aBuild(name: string, metadata: Meta = {}): Build {
  return {
    apiVersion,
    kind: "Build",
    metadata: { ...metadata, name },
    spec: {
      pool: "o2",
      check: "build/O2/o2",
      repository: "AliceO2Group/AliceO2",
      number: 14_000,
      commit: "0123456789abcdef0123456789abcdef01234567",
      base: "dev",
      title: "Speed up the clusterer",
      author: "somebody",
      urgent: false,
      waitingSince: "2026-11-24T08:00:00Z",
      group: "untested",
      request: 1,
    },
  };
}

export function aLease(name: string, metadata: Meta = {}): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { ...metadata, name },
    spec: { holderIdentity: "first", renewTime: "2026-11-24T08:00:00.000000Z" },
  };
}

export const readyStatus: BuilderStatus = { phase: "Ready", incarnation: "first" };
export const queuedStatus: BuildStatus = { phase: "Queued", attempt: 0 };
