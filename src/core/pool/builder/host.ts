import { joinCommandOf } from "../../host/joinCommand.ts";
import type { Member } from "./member.ts";

/** Whether the builder is an outside host. */
export function isHost({ ordinal }: Member): boolean {
  return ordinal === undefined;
}

/** The sentence about a host of which no process has reported. */
export function awaitedMessageOf(name: string, namespace: string | undefined): string {
  return `"${name}" has not joined: ${joinCommandOf(name, namespace)}`;
}
