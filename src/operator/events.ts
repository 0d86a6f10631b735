import type { PoolEvent } from "../core/pool/action.ts";

/** Says something that people want to read about where they look for it. Never fails and keeps nobody waiting. */
export type EmitEvent = (event: PoolEvent) => void;
