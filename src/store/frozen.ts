/** Freezes `value` and everything in it, and returns it. Readers share cached objects, so no reader may change one. */
export function deepFreeze<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value; // only this function freezes objects, so the parts are frozen too
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
