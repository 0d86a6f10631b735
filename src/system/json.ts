/** Parses JSON. Returns undefined for invalid text. Check the result with a schema, which refuses undefined too. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
