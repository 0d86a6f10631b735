import type { BuilderPhase, BuilderStatus } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Liveness } from "../../core/liveness/liveness.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { LivenessWorld } from "./world.ts";

/** Phases in which a builder is heard; one that drained may fall silent as it likes. */
const heard: readonly BuilderPhase[] = ["Pending", "Warming", "Ready", "Draining", "Quarantined", "Suspect"];

/**
 * Writes Suspect or Lost over the phase of a builder that is silent; it overwrites that itself when it comes back. What another
 * process than the one we listened to says stays.
 */
export async function markSilent(
  { store, log, emit }: LivenessWorld,
  { metadata: { name }, status: seen }: Stored<"Builder">,
  life: Liveness | undefined,
): Promise<void> {
  if (life === undefined || life === "Alive" || seen === undefined || !isNews(seen, life)) return;
  const written = await retryOnConflict(
    store,
    "Builder",
    name,
    (current) => {
      const { status } = current;
      if (status === undefined || status.incarnation !== seen.incarnation || status.podUid !== seen.podUid) return;
      return isNews(status, life) ? { ...current, status: silent(status, life) } : undefined;
    },
    "status",
  );
  if (written === undefined) return;
  const reason = life === "Lost" ? "BuilderLost" : "BuilderSuspect";
  const event = { reason, message: written.status?.message ?? "", object: `Builder/${name}` } as const;
  log.warn({ builder: name, ...event }, "pool");
  emit?.(event);
}

function isNews({ phase }: BuilderStatus, life: Liveness): boolean {
  return heard.includes(phase) && phase !== life;
}

/** What a lost builder built is no longer being built. */
function silent(status: BuilderStatus, life: "Suspect" | "Lost"): BuilderStatus {
  if (life === "Suspect") {
    const message = "Its heartbeat stopped; what it had not started is given to others, and more if it stays silent";
    return { ...status, phase: life, message };
  }
  const { building: _, step: __, ...rest } = status;
  const message = "Its process ended or has been silent for too long; its builds are given to others";
  return { ...rest, phase: life, message };
}
