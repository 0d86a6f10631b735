/**
 * Returns a list of hosts without a proxy that Node, git, curl and pip read alike. A port is left out. A domain stands
 * with and without a leading dot: some programs read one of them as its hosts alone, or as the domain alone.
 */
export function noProxyOf(entries: readonly string[]): readonly string[] {
  const plain = entries.map((entry) => entry.replace(/^\*\./, ".").replace(/^([^:]+|\[.*\]):[0-9]+$/, "$1"));
  return [...new Set(plain.flatMap((entry) => (isDomain(entry) ? withDot(entry.replace(/^\./, "")) : [entry])))];
}

function isDomain(entry: string): boolean {
  return /^[^:/[\]]+\.[^:/[\]]*[a-z][^:/[\]]*$/i.test(entry);
}

function withDot(domain: string): readonly string[] {
  return [domain, `.${domain}`];
}
