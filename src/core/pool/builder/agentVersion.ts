import { isHost } from "./host.ts";
import type { Member } from "./member.ts";

/**
 * The sentence about an outside host whose version does not work with the operator, with the next step; undefined if
 * both work together. An agent of minor N works with operators of minor N and N+1 of its major version. An unknown
 * version counts as working.
 */
export function unsupportedVersionOf(member: Member, operator: string | undefined): string | undefined {
  const agent = member.status?.versions?.["builderpool"];
  const [of, by] = [partsOf(agent), partsOf(operator)];
  if (!isHost(member) || of === undefined || by === undefined) return undefined;
  const behind = by.minor - of.minor;
  if (of.major === by.major && (behind === 0 || behind === 1)) return undefined;
  return (
    `"${member.name}" has version ${agent} and drains: the operator of version ${operator} works with ` +
    `${workingWith(by)}; on the host run \`builderpool agent update\` with the program of version ${operator}`
  );
}

interface Parts {
  readonly major: number;
  readonly minor: number;
}

function partsOf(version: string | undefined): Parts | undefined {
  const { major, minor } = /^(?<major>\d+)\.(?<minor>\d+)\./.exec(version ?? "")?.groups ?? {};
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

function workingWith({ major, minor }: Parts): string {
  return minor === 0 ? `hosts of ${major}.0` : `hosts of ${major}.${minor - 1} and ${major}.${minor}`;
}
