/** Parses JSON. Returns undefined for a text that is not JSON, so callers can pass the result to a zod schema. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
