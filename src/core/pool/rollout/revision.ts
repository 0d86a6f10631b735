import { createHash } from "node:crypto";
import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";

/**
 * Names what a builder is started with. Two specs have the same revision when a builder of one can serve the other without
 * a restart: checks, tool versions, silent, debug and instances are read live, the container and its volumes are not. `program` is the
 * image of the builder itself, where it has one: a new version of it rolls as any other change, and so does another bucket for its logs.
 */
export function revisionOf(spec: BuilderPoolSpec, program?: string): string {
  const { image, architecture, template, workspace, cellSecrets, logs } = spec;
  const bucket = program === undefined || logs.s3 === undefined ? undefined : { ...logs.s3, url: logs.url };
  const text = canonical({ image, architecture, template, workspace, cellSecrets, program, bucket });
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** JSON in which the order of keys does not count and absent is the same as undefined. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(",")}}`;
}
