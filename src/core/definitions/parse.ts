import { z } from "zod";
import { Check } from "../../api/objects/check.ts";
import { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "./checks.ts";
import { type Problem, problemsOf } from "./problem.ts";

export interface ParsedPool {
  /** Absent when the pool itself cannot be used. */
  readonly pool?: BuilderPool;
  readonly problems: readonly Problem[];
  /** What is wrong with checks that are well written, and stay in the pool, but cannot be built as they stand. */
  readonly defects: readonly Problem[];
}

const Envelope = z.looseObject({
  metadata: z.looseObject({}),
  spec: z.looseObject({ checks: z.array(z.unknown()).optional() }),
});

/**
 * Reads one document as a BuilderPool. A broken check is dropped with its problems and its neighbours stay; what `get -o yaml`
 * adds (status, what the store set in metadata) is ignored, so that its output can be applied again.
 */
export function parsePool(document: unknown): ParsedPool {
  const envelope = Envelope.safeParse(document);
  if (!envelope.success) return { problems: problemsOf(envelope.error, document), defects: [] };
  const { checks, ...spec } = envelope.data.spec;
  const { status: _status, ...rest } = envelope.data;
  const parsed = BuilderPool.safeParse({ ...rest, metadata: writable(envelope.data.metadata), spec });
  const problems = parsed.success ? [] : problemsOf(parsed.error, document);
  const good = (checks ?? []).flatMap((check, index) => {
    const result = Check.safeParse(check);
    if (result.success) return [{ check: result.data, index }];
    problems.push(...problemsOf(result.error, document, ["spec", "checks", index]));
    return [];
  });
  if (!parsed.success) return { problems, defects: [] };
  const written = { ...parsed.data.spec, checks: good.map(({ check }) => check) };
  const pool = checks === undefined ? parsed.data : { ...parsed.data, spec: written };
  const defects = poolChecksOf(pool).broken.map(({ index, field, message }) => {
    const place = index === undefined ? [] : ["checks", good[index]?.index ?? index];
    return { path: ["spec", ...place, field], message };
  });
  return { pool, problems: [...problems, ...nameProblems(pool)], defects };
}

/** The part of metadata that a person writes. */
function writable(metadata: Record<string, unknown>): Record<string, unknown> {
  const keys = ["name", "namespace", "labels", "annotations"];
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)));
}

function nameProblems(pool: BuilderPool): readonly Problem[] {
  if (/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(pool.metadata.name)) return [];
  return [
    {
      path: ["metadata", "name"],
      message: `expected a name of at most 40 lower-case letters, digits and dashes that starts with a letter, as builders are named after it, found ${JSON.stringify(pool.metadata.name)}`,
    },
  ];
}
