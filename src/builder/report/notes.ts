import type { OwnStatus } from "./ownStatus.ts";

/** Topics of the status message, in the order shown. */
const topics = ["phase", "claims", "config", "forced", "warmup", "base", "areas", "logs"] as const;
export type Topic = (typeof topics)[number];

/**
 * Returns a function that sets the note of a topic, or removes it with undefined. All notes together are the status
 * message.
 */
export function createNotes(status: OwnStatus): (topic: Topic, text: string | undefined) => void {
  const notes = new Map<Topic, string>();
  return (topic, text) => {
    if (text === undefined) notes.delete(topic);
    else notes.set(topic, text);
    const message = topics.flatMap((name) => notes.get(name) ?? []).join("; ");
    status.setStatus({ message: message === "" ? undefined : message.slice(0, 1024).toWellFormed() });
  };
}
