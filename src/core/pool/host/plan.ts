import type { BuilderStatus } from "../../../api/objects/builder.ts";
import type { Stored } from "../../../api/objects/kinds.ts";
import { awaitedStatusOf } from "../../host/presentStatus.ts";
import type { Explanation } from "../action.ts";
import { awaitedMessageOf } from "../builder/host.ts";
import type { Manifest } from "../manifest/manifest.ts";
import {
  type MachineRecord,
  machineAnnotationsOf,
  machineOf,
  secondMachineOf,
  twoMachinesMessageOf,
} from "./machines.ts";
import { hostManifestsOf } from "./manifests.ts";

/** The complete input of the planner of one host's account. */
export interface ObservedHost {
  readonly builder: Stored<"Builder">;
  readonly namespace: string;
  /** The ServiceAccount of the host; absent if there is none. */
  readonly account?: {
    readonly uid: string;
    /** UID of the Builder that owns the account. */
    readonly owner: string | undefined;
  };
  /** Secrets of the pool that consent to their use. */
  readonly secrets: readonly string[];
}

/** One write of the operator for a host, as data. */
export type HostAction =
  /** Creates or updates an object of the account. */
  | { readonly do: "applyObject"; readonly manifest: Manifest }
  /** Deletes the ServiceAccount with this UID. All its tokens end. */
  | ({ readonly do: "endAccount"; readonly uid: string } & Explanation)
  /** Sets annotations of the Builder; undefined removes one. */
  | { readonly do: "annotate"; readonly annotations: Readonly<Record<string, string | undefined>> }
  /** Sets `spec.account` of the Builder; undefined removes it. A status of another account does not count. */
  | { readonly do: "setAccount"; readonly uid: string | undefined }
  /** Replaces the status of a Builder whose host has not reported with the present account. */
  | { readonly do: "awaitHost"; readonly status: BuilderStatus };

/**
 * Plans the account of a host from the observed state alone. The first machine that reports with the account is
 * recorded. After a report of a second machine the account is renewed: nobody knows which of the two is the thief or
 * the copy. The second machine is recorded first, so an interrupted renewal continues. `spec.account` loses the UID of
 * an account before the account ends: from then on the status of its host counts for nobody.
 */
export function planAccount(observed: ObservedHost): readonly HostAction[] {
  const { builder, namespace, account, secrets } = observed;
  if (builder.metadata.deletionTimestamp !== undefined) return [];
  const apply = hostManifestsOf(builder, namespace, secrets).map((manifest) => ({
    do: "applyObject" as const,
    manifest,
  }));
  if (account === undefined) return [...setAccount(builder, undefined), ...apply];
  if (account.owner !== builder.metadata.uid)
    return [...setAccount(builder, undefined), end(account.uid, formerOwner(builder)), ...apply];
  const now = reportOf(observed);
  const [known, second] = [machineOf(builder), secondMachineOf(builder)];
  if (known !== undefined && second?.account === account.uid)
    return renew(observed, account.uid, [known, second], apply);
  const keep = [...apply, ...setAccount(builder, account.uid), ...awaitHost(observed)];
  if (now === undefined) return keep;
  if (known?.account !== account.uid) return [...keep, { do: "annotate", annotations: machineAnnotationsOf(now) }];
  if (known.machine === now.machine) return keep;
  return [
    { do: "annotate", annotations: machineAnnotationsOf(known, now) },
    ...renew(observed, account.uid, [known, now], apply),
  ];
}

/** The machine that reported with the present account; undefined if none did. */
function reportOf({ builder: { status }, account }: ObservedHost): MachineRecord | undefined {
  if (account === undefined || status?.podUid !== account.uid || status.machine === undefined) return undefined;
  return { account: account.uid, machine: status.machine };
}

function renew(
  { builder, namespace }: ObservedHost,
  uid: string,
  machines: readonly MachineRecord[],
  apply: readonly HostAction[],
): readonly HostAction[] {
  const message = twoMachinesMessageOf(builder.metadata.name, namespace, machines);
  return [...setAccount(builder, undefined), end(uid, { reason: "AccountRenewed", message }), ...apply];
}

/** The account is set first: it refuses the late writes of a process with an earlier account. */
function awaitHost({ builder, namespace, account }: ObservedHost): readonly HostAction[] {
  const { metadata, status: written } = builder;
  if (account !== undefined && written?.podUid === account.uid) return [];
  const [known, second] = [machineOf(builder), secondMachineOf(builder)];
  const message =
    known === undefined || second === undefined
      ? awaitedMessageOf(metadata.name, namespace)
      : twoMachinesMessageOf(metadata.name, namespace, [known, second]);
  const isWritten = written !== undefined && written.podUid === undefined && written.message === message;
  return isWritten ? [] : [{ do: "awaitHost", status: awaitedStatusOf(message) }];
}

function setAccount({ spec }: Stored<"Builder">, uid: string | undefined): readonly HostAction[] {
  return spec.account === uid ? [] : [{ do: "setAccount", uid }];
}

function end(uid: string, why: Explanation): HostAction {
  return { do: "endAccount", uid, ...why };
}

function formerOwner({ metadata: { name } }: Stored<"Builder">): Explanation {
  return { reason: "AsDesired", message: `The account of "${name}" belongs to an earlier Builder of this name` };
}
