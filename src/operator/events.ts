import type { PoolEvent } from "../core/pool/action.ts";

/** Emits an Event about a pool or builder for people. Never throws and never blocks. */
export type EmitEvent = (event: PoolEvent) => void;
