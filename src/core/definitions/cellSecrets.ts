import { z } from "zod";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolChecksOf } from "./checks.ts";

/**
 * Returns one sentence for each Secret in `cellSecrets` that builds must not get. Such a Secret is the credential of
 * some pool for GitHub, git or a log store. The code of every pull request could read it. With `cellSecrets` every
 * check must have `trust.approvals: Strict`.
 */
export function refusedCellSecrets(pool: BuilderPool, pools: readonly BuilderPool[]): readonly string[] {
  const names = (pool.spec.cellSecrets ?? []).map(({ name }) => name);
  return [...(names.length === 0 ? [] : looseApprovals(pool)), ...refused("spec.cellSecrets", names, pools)];
}

function looseApprovals(pool: BuilderPool): readonly string[] {
  const loose = poolChecksOf(pool).checks.find(({ trust }) => trust.approvals !== "Strict");
  return loose === undefined
    ? []
    : [
        `spec.cellSecrets requires trust.approvals: Strict, but check ${loose.name} has ${loose.trust.approvals}, so any GitHub account could start code that reads the Secrets: set Strict, or remove cellSecrets`,
      ];
}

/** Returns one sentence for each such Secret in the extra volumes of a pool. Only builds would read these volumes. */
export function refusedVolumes({ spec }: BuilderPool, pools: readonly BuilderPool[]): readonly string[] {
  return refused("spec.template.volumes", (spec.template?.volumes ?? []).flatMap(secretsIn), pools);
}

function refused(field: string, names: readonly string[], pools: readonly BuilderPool[]): readonly string[] {
  return names.flatMap((name) => {
    const use = pools.flatMap((other) => usesOf(other, name))[0];
    return use === undefined
      ? []
      : [
          `${field} names ${name}, which is the credential of ${use}: builds could read it; use a separate Secret for builds`,
        ];
  });
}

const Volume = z.object({
  secret: z.object({ secretName: z.string() }).optional(),
  projected: z.object({ sources: z.array(z.object({ secret: z.object({ name: z.string() }).optional() })) }).optional(),
});

/** Returns the names of the Secrets that an extra volume of a pool mounts. */
export function secretsIn(volume: unknown): readonly string[] {
  const { secret, projected } = Volume.safeParse(volume).data ?? {};
  const names = [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)];
  return names.filter((name) => name !== undefined);
}

function usesOf({ metadata, spec }: BuilderPool, secret: string): readonly string[] {
  const uses = {
    "github.secretRef": spec.github.secretRef,
    "github.gitSecretRef": spec.github.gitSecretRef,
    "logs.s3.secretRef": spec.logs.s3?.secretRef,
  };
  return Object.entries(uses).flatMap(([field, ref]) =>
    ref?.name === secret ? [`pool ${metadata.name} (spec.${field})`] : [],
  );
}
