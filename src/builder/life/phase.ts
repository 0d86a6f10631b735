import type { BuilderPhase } from "../../api/objects/builder.ts";
import type { Brain } from "../brain.ts";

/** Sets the phase and its note, and updates the readiness probe. Without a sentence the note is removed. */
export function enterPhase({ status, setNote, world }: Brain, phase: BuilderPhase, sentence?: string): void {
  const before = status.get().phase;
  setNote("phase", sentence);
  if (before === phase) return;
  status.setStatus({ phase });
  world.log.info({ builder: world.name, phase, before, message: sentence }, "builder phase changed");
  if ((before === "Ready") !== (phase === "Ready")) world.onReady?.(phase === "Ready");
}
