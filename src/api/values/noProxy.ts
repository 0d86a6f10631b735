/**
 * Returns a list of hosts without a proxy that all programs read alike: `*.x` becomes `.x`, and a port is left out. curl
 * knows neither of them. A domain includes its hosts everywhere.
 */
export function noProxyOf(entries: readonly string[]): readonly string[] {
  return entries.map((entry) => entry.replace(/^\*\./, ".").replace(/^([^:]+|\[.*\]):[0-9]+$/, "$1"));
}
