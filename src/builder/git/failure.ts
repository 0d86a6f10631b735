import type { InfrastructureReason } from "../../api/objects/reasons.ts";

/** Where a failed fetch has its cause. `Unknown` counts as `Mirror` if the remote answers. */
export type Fault = "Mirror" | "Remote" | "Unknown";

/** A repository could not be fetched. The message is one sentence with git's last line. */
export class MirrorFailure extends Error {
  override readonly name = "MirrorFailure";
  readonly reason: InfrastructureReason;
  readonly fault: Fault;
  constructor(reason: "FetchFailed" | "CommitNotFound" | "DiskFull", message: string, fault: Fault = "Remote") {
    super(message);
    this.reason = reason;
    this.fault = fault;
  }
}

/** Git refuses objects that only the pull request has, so another attempt would end the same way. */
export class RefusedCommit extends Error {
  override readonly name = "RefusedCommit";
}

/** Signs of a damaged mirror. Only one fetch writes a mirror, so an existing lock file comes from a killed git. */
const damage =
  /\.lock': File exists|corrupt|bad object|object file .* is empty|unable to read|missing (blob|tree|commit)|inflate|bad packed|did not send all necessary objects|cannot lock ref|unable to resolve reference|invalid index-pack/i;
/** Signs of the network, of the remote, or of an object that git refuses. A new mirror would not help. */
const remote =
  /could not resolve|connection|early EOF|RPC failed|hung up|returned error|HTTP|timed out|unable to access|SSL|TLS|certificate|transfer closed|too slow|curl|proxy|Authentication|could not read Username|couldn't find remote ref|fsck|Permission denied|shallow/i;

const diskFull = /No space left on device|Disk quota exceeded|Out of diskspace/;
const noSuchRepository = /not found|does not exist|does not appear to be a git repository|repository '.*' not/i;

/** Whether git found no space. */
export function isDiskFull(output: string): boolean {
  return diskFull.test(output);
}

/** Whether the repository may have another address, with or without `.git`. */
export function isElsewhere(output: string): boolean {
  return noSuchRepository.test(output);
}

/** Git's words about a malformed object, such as `hasDotgit: contains '.git'`. Undefined if git refused no object. */
export function refusedObject(output: string): string | undefined {
  if (!/fsck error/.test(output)) return undefined;
  const [, words] = /^error: object [0-9a-f]+: (.*)$/m.exec(output) ?? [];
  return words?.slice(0, 90) ?? "fsck error";
}

/** Whether the server named another address. Git reports it only if it may not follow. */
export function isRedirected(output: string): boolean {
  return /returned error: 30[1278]/.test(output);
}

/** Whether the server wants a credential, or another one. */
export function isAccessRefused(output: string): boolean {
  return /could not read Username|Authentication failed|returned error: 40[13]/.test(output);
}

/** The cause of a failed fetch, by git's output. A fetch without an exit code was killed or took too long. */
export function faultOf(output: string, exitCode: number | undefined): Fault {
  if (exitCode === undefined) return "Remote";
  if (/fsck/.test(output)) return "Remote";
  if (damage.test(output)) return "Mirror";
  return remote.test(output) || isElsewhere(output) ? "Remote" : "Unknown";
}
