import { z } from "zod";
import { Check } from "../../api/objects/check.ts";
import { BuilderPool } from "../../api/objects/pool.ts";
import { PoolName } from "../../api/values/poolName.ts";
import { poolChecksOf } from "./checks.ts";
import { type Problem, problemsOf } from "./problem.ts";

/** A parsed pool document. */
export interface ParsedPool {
  /** Absent when the pool itself is invalid. */
  readonly pool?: BuilderPool;
  /** Invalid fields and checks. Invalid checks are not in the pool. */
  readonly problems: readonly Problem[];
  /** Problems of checks that are valid by the schema and stay in the pool, but cannot be built. */
  readonly defects: readonly Problem[];
}

const Envelope = z.looseObject({
  metadata: z.looseObject({}),
  spec: z.looseObject({ checks: z.array(z.unknown()).optional() }),
});

/**
 * Reads one document as a BuilderPool. An invalid check is dropped and reported; the other checks stay. Status and
 * metadata of the store are ignored, so the output of `get -o yaml` can be applied again.
 */
export function parsePool(document: unknown): ParsedPool {
  const envelope = Envelope.safeParse(withoutNulls(document));
  if (!envelope.success) return { problems: problemsOf(envelope.error, document), defects: [] };
  const { checks, ...spec } = envelope.data.spec;
  const { status: _status, ...rest } = envelope.data;
  const parsed = BuilderPool.safeParse({ ...rest, metadata: writable(envelope.data.metadata), spec });
  const problems = parsed.success ? [] : problemsOf(parsed.error, document);
  const valid = (checks ?? []).flatMap((check, index) => {
    const result = Check.safeParse(check);
    if (result.success) return [{ check: result.data, index }];
    problems.push(...problemsOf(result.error, document, ["spec", "checks", index]));
    return [];
  });
  if (!parsed.success) return { problems, defects: [] };
  const validSpec = { ...parsed.data.spec, checks: valid.map(({ check }) => check) };
  const pool = checks === undefined ? parsed.data : { ...parsed.data, spec: validSpec };
  const defects = poolChecksOf(pool).broken.map(({ index, field, message }) => {
    const position = index === undefined ? [] : ["checks", valid[index]?.index ?? index];
    return { path: ["spec", ...position, field], message };
  });
  return { pool, problems: [...problems, ...nameProblems(pool)], defects };
}

/**
 * Returns the document without the fields that are null: the API server removes them, so that `jobs:` without a value
 * is absent. Objects of Kubernetes in `template` stay as they are.
 */
function withoutNulls(value: unknown, path: readonly string[] = []): unknown {
  if (path.join(".") === "spec.template") return value;
  if (Array.isArray(value)) return value.map((entry) => withoutNulls(entry, [...path, "[]"]));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field, [...path, name])]));
}

/** Returns the metadata fields that people write. */
function writable(metadata: Record<string, unknown>): Record<string, unknown> {
  const keys = ["name", "namespace", "labels", "annotations"];
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)));
}

function nameProblems(pool: BuilderPool): readonly Problem[] {
  const parsed = PoolName.safeParse(pool.metadata.name);
  return parsed.success ? [] : problemsOf(parsed.error, pool, ["metadata", "name"]);
}
