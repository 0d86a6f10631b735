import { createHash } from "node:crypto";
import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";

/**
 * The revision of a pool: a hash of the settings that a builder only reads at its start. Checks, tool versions, silent,
 * debug and instances do not count: builders read them live. `workspace` does not count, because it is for new volumes.
 * `program` is the image of the builder program; in a cluster it counts, with the log bucket and
 * the git credential. On one machine
 * (`isMachine`) image and template do not count, because they have no effect there.
 */
export function revisionOf(spec: BuilderPoolSpec, program?: string, isMachine = false): string {
  const { image, architecture, template, cellSecrets, logs, github } = spec;
  const bucket = program === undefined || logs.s3 === undefined ? undefined : { ...logs.s3, url: logs.url };
  const hasGitSecret = program !== undefined && github.gitSecretRef !== undefined;
  const git = hasGitSecret ? [github.gitSecretRef, github.gitUrl] : undefined;
  const pod = isMachine ? {} : { image, template };
  return hashOf({ architecture, cellSecrets, ...pod, program, bucket, git });
}

/**
 * The revision of an outside host: a hash of the settings that a host only reads at its start. Settings of pods do not
 * count, and neither does the program of the host, which its agent updates.
 */
export function hostRevisionOf({ architecture, cellSecrets, logs, github }: BuilderPoolSpec): string {
  const bucket = logs.s3 && { ...logs.s3, url: logs.url };
  const git = github.gitSecretRef && [github.gitSecretRef, github.gitUrl];
  return hashOf({ architecture, cellSecrets, bucket, git });
}

function hashOf(settings: object): string {
  return createHash("sha256").update(canonical(settings)).digest("hex").slice(0, 10);
}

/** JSON with sorted keys and without undefined fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(",")}}`;
}
