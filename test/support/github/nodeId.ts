/** GitHub's global ids: an object's kind and name, opaque to clients. */
export function nodeId(kind: string, text: string): string {
  return `${kind}_${Buffer.from(text).toString("base64url")}`;
}

export function readNodeId(id: string): { readonly kind: string; readonly text: string } {
  const end = id.indexOf("_");
  return { kind: id.slice(0, end), text: Buffer.from(id.slice(end + 1), "base64url").toString() };
}
