/** The command that lets a host join, for people to type. */
export function joinCommandOf(name: string, namespace: string | undefined): string {
  return `builderpool join ${name}${namespace === undefined ? "" : ` -n ${namespace}`}`;
}
