import { createHash } from "node:crypto";
import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";

/**
 * The revision of a pool: a hash of the settings that a builder only reads at its start. The container and its volumes
 * count. Checks, tool versions, silent, debug and instances do not: builders read them live. `program` is the image of
 * the builder program; absent on one machine. In a cluster a new program or another log bucket also changes the
 * revision.
 */
export function revisionOf(spec: BuilderPoolSpec, program?: string): string {
  const { image, architecture, template, workspace, cellSecrets, logs } = spec;
  const bucket = program === undefined || logs.s3 === undefined ? undefined : { ...logs.s3, url: logs.url };
  const text = canonical({ image, architecture, template, workspace, cellSecrets, program, bucket });
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
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
