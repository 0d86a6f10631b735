/**
 * Returns a clause with the address of the tarball store that did not answer, for the end of a message. Empty if the
 * output has no failed request. aliBuild's own error does not name the store.
 */
export function storeClauseOf(output: string, store: string | undefined): string {
  const requests = [...output.matchAll(/\bGET (https?:\/\/\S+?):? (?:failed|processing \(attempt)/g)];
  const address = requests.at(-1)?.[1];
  const isTold = /failed: retrying|Failed to fetch|NoneType|ConnectionError|Max retries exceeded/.test(output);
  if (!isTold || (address === undefined && !store)) return "";
  const named = store ? store.replace(/::rw$/, "") : address?.replace(/\/TARS\/.*$/, "");
  return `; the remote store ${named} did not answer: correct remoteStore, or the network of the builder`;
}
