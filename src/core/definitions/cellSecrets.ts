import { z } from "zod";
import type { BuilderPool } from "../../api/objects/pool.ts";

/**
 * Returns one sentence for each Secret in `cellSecrets` that builds must not get. Such a Secret is the credential of
 * some pool for GitHub or a log store. The code of every pull request could read it.
 */
export function refusedCellSecrets({ spec }: BuilderPool, pools: readonly BuilderPool[]): readonly string[] {
  return refused(
    "spec.cellSecrets",
    (spec.cellSecrets ?? []).map(({ name }) => name),
    pools,
  );
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

function secretsIn(volume: unknown): readonly string[] {
  const { secret, projected } = Volume.safeParse(volume).data ?? {};
  const names = [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)];
  return names.filter((name) => name !== undefined);
}

function usesOf({ metadata, spec }: BuilderPool, secret: string): readonly string[] {
  const uses = { "github.secretRef": spec.github.secretRef, "logs.s3.secretRef": spec.logs.s3?.secretRef };
  return Object.entries(uses).flatMap(([field, ref]) =>
    ref?.name === secret ? [`pool ${metadata.name} (spec.${field})`] : [],
  );
}
