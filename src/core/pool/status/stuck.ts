import { joinCommandOf } from "../../host/joinCommand.ts";
import { unsupportedVersionOf } from "../builder/agentVersion.ts";
import type { Member } from "../builder/member.ts";
import { warmupRetryOf } from "../builder/warmupRetry.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";

/**
 * The clause about hosts that are away, to append to a sentence: the command for hosts that have not joined, the names
 * of lost hosts, and the versions that do not work with the operator. May be empty.
 */
export function absenceOf(
  observed: Pick<ObservedPool, "pool" | "members" | "takenHosts" | "environment" | "version">,
): string {
  const names = hostNamesOf(observed);
  const memberOf = new Map(observed.members.map((member) => [member.name, member]));
  const [first, ...others] = names.filter((name) => memberOf.get(name)?.status === undefined);
  const lost = names.filter((name) => memberOf.get(name)?.phase === "Lost").map((name) => `"${name}"`);
  const more = others.length === 0 ? "" : `, and ${others.length} more have not`;
  return [
    first === undefined
      ? ""
      : `; "${first}" has not joined (${joinCommandOf(first, observed.pool.metadata.namespace)})${more}`,
    ...observed.members.flatMap((member) => {
      const unsupported = unsupportedVersionOf(member, observed.version);
      return unsupported === undefined ? [] : [`; ${unsupported}`];
    }),
    lost.length === 0 ? "" : `; ${lost.join(", ")} is Lost until its host is back`,
  ].join("");
}

/** The names of builders, as a list. */
export function stuckNames(stuck: readonly Member[]): string {
  return stuck.map(({ name }) => `"${name}"`).join(", ");
}

/**
 * The clause about pods that are refused or do not start, and about warm-ups that are retried, to append to a sentence:
 * the first reason and the number of other pods. May be empty. With `isRetryTold` another clause tells of retries.
 */
export function startFailureOf(members: readonly Member[], podRefusal?: string, isRetryTold = false): string {
  if (podRefusal !== undefined) return `; the API server refuses pods of the pool: ${podRefusal}`;
  const [first, ...others] = members.filter(({ pod }) => pod?.startFailure !== undefined);
  if (first === undefined) return isRetryTold ? "" : retryClauseOf(members);
  const more = others.length === 0 ? "" : `, and ${others.length} more do not`;
  return `; "${first.name}" does not start: ${first.pod?.startFailure}${more} (kubectl describe pod ${first.name})`;
}

function retryClauseOf(members: readonly Member[]): string {
  const [first, ...others] = members.flatMap(({ name, status }) => {
    const retry = warmupRetryOf(status);
    return retry === undefined ? [] : [{ name, retry }];
  });
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : `, and ${others.length} more do`;
  return `; "${first.name}" retries its warm-up: ${first.retry}${more}`;
}
