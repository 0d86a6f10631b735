import type { Builder } from "../../../api/objects/builder.ts";
import { machineAnnotation, secondMachineAnnotation } from "../../../api/objects/group.ts";
import { joinCommandOf } from "../../host/joinCommand.ts";

/** A machine that used an account. */
export interface MachineRecord {
  /** UID of the account. */
  readonly account: string;
  readonly machine: string;
}

/** The machine on record for the account of a host; undefined before the host has reported. */
export function machineOf({ metadata: { annotations } }: Builder): MachineRecord | undefined {
  return read(annotations?.[machineAnnotation]);
}

/** The second machine that used the same account; undefined without one. */
export function secondMachineOf({ metadata: { annotations } }: Builder): MachineRecord | undefined {
  return read(annotations?.[secondMachineAnnotation]);
}

/** The annotations that record a machine, and forget earlier ones. */
export function machineAnnotationsOf(record: MachineRecord, second?: MachineRecord) {
  return {
    [machineAnnotation]: write(record),
    [secondMachineAnnotation]: second && write(second),
  };
}

/** The sentence for people after two machines used one account. */
export function twoMachinesMessageOf(name: string, namespace: string, machines: readonly MachineRecord[]): string {
  const found = machines.map(({ machine }) => machine.slice(0, 8)).join(" and ");
  return `Two machines used the account of "${name}" (${found}), so the account was renewed and both are cut off: stop the agent of one machine, then run \`${joinCommandOf(name, namespace)}\` for the other`;
}

function read(text: string | undefined): MachineRecord | undefined {
  const [account = "", machine = ""] = text?.split(" ") ?? [];
  return account === "" || machine === "" ? undefined : { account, machine };
}

function write({ account, machine }: MachineRecord): string {
  return `${account} ${machine}`;
}
