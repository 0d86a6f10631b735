import type { InfrastructureReason } from "../api/reasons.ts";

/** Ends an order without a verdict: something failed that is not the pull request's fault. The message is one sentence for people. */
export class InfrastructureFailure extends Error {
  readonly reason: InfrastructureReason;

  constructor(reason: InfrastructureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
