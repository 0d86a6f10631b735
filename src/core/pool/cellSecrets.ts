import type { BuilderPool } from "../../api/pool.ts";

/**
 * Why Secrets that a pool names for its builds are not handed to them, one sentence each: they hold a credential by which some pool is known
 * to GitHub or to a log store, and every pull request's code could read it.
 */
export function refusedCellSecrets(pool: BuilderPool, pools: readonly BuilderPool[]): readonly string[] {
  return (pool.spec.cellSecrets ?? []).flatMap(({ name }) => {
    const use = pools.flatMap((other) => usesOf(other, name))[0];
    return use === undefined
      ? []
      : [
          `spec.cellSecrets names ${name}, which is the credential of ${use}: builds could read it; put what they need into a Secret of its own`,
        ];
  });
}

function usesOf({ metadata, spec }: BuilderPool, secret: string): readonly string[] {
  const uses = { "github.secretRef": spec.github.secretRef, "logs.s3.secretRef": spec.logs.s3?.secretRef };
  return Object.entries(uses).flatMap(([field, ref]) =>
    ref?.name === secret ? [`pool ${metadata.name} (spec.${field})`] : [],
  );
}
