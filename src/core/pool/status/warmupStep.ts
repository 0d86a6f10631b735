import type { Member } from "../builder/member.ts";

/** The step of its warm-up at which the first of them stands, in brackets behind a clause. Empty when none began one. */
export function warmupStepOf(members: readonly Member[]): string {
  const first = members.map(({ status }) => status?.warmup?.doing).find((doing) => doing !== undefined);
  return first === undefined ? "" : ` ("${first}")`;
}
