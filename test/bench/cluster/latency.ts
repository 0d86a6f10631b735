import { setTimeout as sleep } from "node:timers/promises";
import { restartAnnotation } from "../../../src/api/objects/group.ts";
import { resources } from "../../../src/store/kubernetes/resources.ts";
import type { Installation } from "../../cluster/support/installation.ts";
import { until } from "../../cluster/support/until.ts";
import { auditFrom, type Write } from "./audit.ts";

export interface Latencies {
  /** From the answer to each restart request to the arrival of the operator's write. By the API server's clock. */
  readonly answers: readonly number[];
  /** Duration of every update of a builder in the API server meanwhile, by any client. */
  readonly server: readonly number[];
}

/** Requests a restart of each builder in turn. Spans are in milliseconds. */
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
      const mine = writes.filter((write) => write.name === name && write.resource === "builders" && write.isAccepted);
      const request = mine.find(({ verb }) => verb === "patch");
      const answer = mine.find(
        ({ verb, by, receivedAt }) => isAnswer(verb, by, namespace) && receivedAt > (request?.receivedAt ?? 0),
      );
      return request === undefined || answer === undefined ? [] : [spanOf(request, answer)];
    });
  };
  const spans = await until("an answer to every restart request", async () => {
    const found = await answers();
    return found.length === names.length && found;
  });
  const updates = (await audit()).filter(({ verb, resource }) => verb === "update" && resource.startsWith("builders"));
  return { answers: spans, server: updates.map(({ receivedAt, answeredAt }) => answeredAt - receivedAt) };
}

function isAnswer(verb: string, by: string, namespace: string): boolean {
  return verb === "update" && by === `${namespace}:builderpool`;
}

function spanOf(request: Write, answer: Write): number {
  return Math.max(0, answer.receivedAt - request.answeredAt);
}
