import type { BuilderPool } from "../../../api/objects/pool.ts";

/** Addresses that a pool keeps. */
const kept = 4;

/**
 * The addresses under which builders of the pool link their logs: the present one, then earlier ones. A builder knows
 * the address since its start, and still finishes a build after a change. The admission policy accepts all of them.
 * `publicUrl` is the address of the log service.
 */
export function logAddressesOf({ spec: { logs }, status }: BuilderPool, publicUrl: string): readonly string[] {
  const { s3, url } = logs;
  const bucket = s3 && (url ?? [trimmed(s3.endpoint), s3.bucket, s3.prefix].filter((part) => part !== "").join("/"));
  const address = trimmed(bucket ?? publicUrl);
  const earlier = (status?.logAddresses ?? []).filter((one) => one !== address);
  return [address, ...earlier].slice(0, kept);
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, "");
}
