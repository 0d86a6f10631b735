import type { OwnStatus } from "./ownStatus.ts";

/** Subjects a builder may have something to say about beside its phase, in the order in which people read them. */
const topics = ["phase", "claims", "config", "forced", "warmup", "logs"] as const;
export type Topic = (typeof topics)[number];

/** Sets what is said about a topic, nothing when undefined; together they are the message of the status. */
export function createNotes(status: OwnStatus): (topic: Topic, text: string | undefined) => void {
  const said = new Map<Topic, string>();
  return (topic, text) => {
    if (text === undefined) said.delete(topic);
    else said.set(topic, text);
    const message = topics.flatMap((name) => said.get(name) ?? []).join("; ");
    status.setStatus({ message: message === "" ? undefined : message.slice(0, 1024).toWellFormed() });
  };
}
