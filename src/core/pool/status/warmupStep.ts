import type { Member } from "../builder/member.ts";

/** The present warm-up step of the first builder that has one, in brackets, to append to a clause. May be empty. */
export function warmupStepOf(members: readonly Member[]): string {
  const first = members.map(({ status }) => status?.warmup?.doing).find((doing) => doing !== undefined);
  return first === undefined ? "" : ` ("${first}")`;
}
