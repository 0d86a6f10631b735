import type { ObjectStore } from "../../store/objectStore.ts";
import { CommandError, exitCodes } from "../exit.ts";

const words = { BuilderPool: "pool", Builder: "builder", Build: "build" } as const;
const mostShown = 10;

/** The error for an unknown name. It lists the existing names. */
export async function unknownObject(store: ObjectStore, kind: keyof typeof words, name: string): Promise<CommandError> {
  const names = (await store.list(kind)).map(({ metadata }) => metadata.name).toSorted();
  const shown = names.slice(0, mostShown).join(", ") || "none";
  const rest = names.length > mostShown ? ` and ${names.length - mostShown} more` : "";
  return new CommandError(
    exitCodes.usage,
    `there is no ${words[kind]} ${name}; there ${names.length === 1 ? "is" : "are"}: ${shown}${rest}`,
  );
}
