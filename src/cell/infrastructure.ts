import type { Findings } from "../api/cell/event.ts";
import type { InfrastructureReason } from "../api/objects/reasons.ts";

/** Ends an order without a verdict: something failed that is not the pull request's fault. The message is one sentence for people. */
export class InfrastructureFailure extends Error {
  readonly reason: InfrastructureReason;
  /** What the logs say, where the build got as far as writing some. */
  readonly findings: Findings | undefined;

  constructor(reason: InfrastructureReason, message: string, findings?: Findings) {
    super(message);
    this.reason = reason;
    this.findings = findings;
  }
}
