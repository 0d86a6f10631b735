import type { Builder, BuilderStatus } from "../../api/objects/builder.ts";

/**
 * The status of a builder, as far as its present process can have written it. Undefined before the first report. Also
 * undefined while the status of a host comes from another account than the present one: the account was revoked or
 * renewed, and its last write may be late.
 */
export function presentStatusOf({ spec, status }: Pick<Builder, "spec" | "status">): BuilderStatus | undefined {
  if (!spec.external) return status;
  return status?.podUid !== undefined && status.podUid === spec.account ? status : undefined;
}

/** The status that the operator writes for a host until the host reports: the phase, and what a person must do. */
export function awaitedStatusOf(message: string): BuilderStatus {
  return { phase: "Pending", incarnation: "", message };
}
