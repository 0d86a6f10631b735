import type { BuilderPhase, BuilderStatus } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Liveness } from "../../core/liveness/liveness.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { LivenessWorld } from "./world.ts";

/** Phases with heartbeats. A drained pod may stop its heartbeat. A drained host goes on until it ends. */
const phasesWithHeartbeat: readonly BuilderPhase[] = [
  "Pending",
  "Warming",
  "Ready",
  "Draining",
  "Quarantined",
  "Suspect",
];

/**
 * Sets the phase of a silent builder to Suspect or Lost. A builder that returns sets its own phase again. The status of
 * another incarnation or pod than the observed one stays.
 */
export async function markSilent(
  { store, log, emit }: LivenessWorld,
  { metadata: { name }, spec: { external }, status: observed }: Stored<"Builder">,
  liveness: Liveness | undefined,
): Promise<void> {
  if (liveness === undefined || liveness === "Alive" || observed === undefined) return;
  if (!isChange(observed, liveness, external)) return;
  const written = await retryOnConflict(
    store,
    "Builder",
    name,
    (current) => {
      const { status } = current;
      if (status === undefined || status.incarnation !== observed.incarnation || status.podUid !== observed.podUid)
        return;
      return isChange(status, liveness, external)
        ? { ...current, status: silentStatusOf(status, liveness) }
        : undefined;
    },
    "status",
  );
  if (written === undefined) return;
  const reason = liveness === "Lost" ? "BuilderLost" : "BuilderSuspect";
  const event = { reason, message: written.status?.message ?? "", object: `Builder/${name}` } as const;
  log.warn({ builder: name, ...event }, "marked a silent builder");
  emit?.(event);
}

function isChange({ phase }: BuilderStatus, liveness: Liveness, isHost: boolean): boolean {
  const isExpected = phasesWithHeartbeat.includes(phase) || (isHost && phase === "Drained");
  return isExpected && phase !== liveness;
}

/** The status of a silent builder. A lost builder no longer builds anything. */
function silentStatusOf(status: BuilderStatus, liveness: "Suspect" | "Lost"): BuilderStatus {
  if (liveness === "Suspect") {
    const message =
      "The heartbeat stopped. Claims without a started build are requeued now; running builds follow if the builder stays silent";
    return { ...status, phase: liveness, message };
  }
  const { building: _, step: __, ...rest } = status;
  const message = "The builder's process ended or sent no heartbeat for too long. Its builds are requeued";
  return { ...rest, phase: liveness, message };
}
