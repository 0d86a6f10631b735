import type { Findings } from "../api/cell/event.ts";
import type { InfrastructureReason } from "../api/objects/reasons.ts";

/**
 * A failure of the machine, not of the pull request. It ends an order without a verdict. The message is a sentence for
 * people.
 */
export class InfrastructureFailure extends Error {
  readonly reason: InfrastructureReason;
  /** Findings in the logs; absent if the build wrote no log. */
  readonly findings: Findings | undefined;

  constructor(reason: InfrastructureReason, message: string, findings?: Findings) {
    super(message);
    this.reason = reason;
    this.findings = findings;
  }
}
