import type { Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import { commitsHashOf, isBuilderFault } from "../../core/verdict/bases.ts";
import { timestamp } from "../../system/clock.ts";
import type { Brain } from "../brain.ts";
import { readBases, recordBase } from "../work/base.ts";

/** The builder itself is broken, so it must not become Ready. The message is one sentence. */
export class BuilderFault extends Error {
  override readonly name = "BuilderFault";
}

/**
 * Records whether the base of a check compiled in a warm-up. Throws BuilderFault with the first error if the very same
 * commits compiled on another builder, or here before.
 */
export async function judgeBase(
  brain: Brain,
  order: Order,
  outcome: Extract<Outcome, { kind: "Done" }>,
  at: string,
): Promise<void> {
  if (outcome.compiled === undefined) return;
  const { compiled, reason, message, findings } = outcome;
  const { bases } = await readBases(brain);
  const fact = { check: order.check.name, commits: commitsHashOf(order), compiled };
  const others = brain.builders.list().filter(({ metadata }) => metadata.name !== brain.world.name);
  if (isBuilderFault(fact, [bases, ...others.map(({ status }) => status?.bases ?? [])])) {
    const error = findings?.preview.find((line) => line !== "" && !line.startsWith("## ")) ?? message;
    throw new BuilderFault(
      `${order.check.branch} does not compile for ${order.check.name}, although the same commits compiled before: ${error.slice(0, 300)}`,
    );
  }
  const since = timestamp(brain.world.clock);
  const broken =
    reason === undefined ? {} : { broken: { reason, message: message.slice(0, 600).toWellFormed(), since } };
  await recordBase(brain, order, { at, compiled, ...broken });
}
