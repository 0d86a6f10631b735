import { setTimeout as sleep } from "node:timers/promises";
import { restartAnnotation } from "../../../src/api/objects/group.ts";
import { resources } from "../../../src/store/kubernetes/resources.ts";
import type { Installation } from "../../cluster/support/installation.ts";
import { until } from "../../cluster/support/until.ts";
import { auditFrom, type Write } from "./audit.ts";

export interface Latencies {
  /** From each wish, as it was stored, to the operator's write that answers it, as it arrived at the API server; by that server's clock. */
  readonly answers: readonly number[];
  /** What the API server took for every update of a builder meanwhile, whoever asked for it. */
  readonly server: readonly number[];
}

/** Asks builders to restart, one after the other over all pools. Spans in milliseconds. */
export async function restartLatencies(
  { admin, namespace }: Installation,
  auditLog: string,
  names: readonly string[],
): Promise<Latencies> {
  const audit = auditFrom(auditLog);
  for (const name of names) {
    const builder = await admin.store.get("Builder", name);
    const annotations = { [restartAnnotation]: builder?.status?.incarnation ?? "" };
    await admin.client.merge(resources.Builder, name, { metadata: { annotations } });
    await sleep(150);
  }
  const answers = async () => {
    const writes = await audit();
    return names.flatMap((name) => {
      const mine = writes.filter((write) => write.name === name && write.what === "builders" && write.isDone);
      const wish = mine.find(({ verb }) => verb === "patch");
      const answer = mine.find(({ verb, by, asked }) => isAnswer(verb, by, namespace) && asked > (wish?.asked ?? 0));
      return wish === undefined || answer === undefined ? [] : [spanOf(wish, answer)];
    });
  };
  const spans = await until("every wish to be answered", async () => {
    const found = await answers();
    return found.length === names.length && found;
  });
  const updates = (await audit()).filter(({ verb, what }) => verb === "update" && what.startsWith("builders"));
  return { answers: spans, server: updates.map(({ asked, answered }) => answered - asked) };
}

function isAnswer(verb: string, by: string, namespace: string): boolean {
  return verb === "update" && by === `${namespace}:builderpool`;
}

function spanOf(wish: Write, answer: Write): number {
  return Math.max(0, answer.asked - wish.answered);
}
