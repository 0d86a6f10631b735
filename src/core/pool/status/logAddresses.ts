import type { BuilderPool, BuilderPoolStatus } from "../../../api/objects/pool.ts";
import type { WorkloadEnvironment } from "../observed.ts";

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

/**
 * The log service for hosts outside the cluster: its public address. Empty for a pool without hosts, for a pool with a
 * bucket, and on one machine.
 */
export function hostLogsOf(
  { spec }: BuilderPool,
  { logsUrl, logsAudience }: WorkloadEnvironment = {},
): Pick<BuilderPoolStatus, "hostLogs"> {
  const hasHosts = (spec.external?.names ?? []).length > 0;
  if (!hasHosts || spec.logs.s3 !== undefined || logsUrl === undefined || logsAudience === undefined) return {};
  return { hostLogs: { url: trimmed(logsUrl), audience: logsAudience } };
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, "");
}
