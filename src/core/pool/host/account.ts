/** Last part of the account name of a host. No other account of a pool has a dot in its name. */
export const hostAccountSuffix = ".host";

/** Longest lifetime of a token of a host, in seconds: 30 days. */
export const hostTokenSeconds = 2_592_000;

/** Name of the ServiceAccount, Role and RoleBinding of a host. Names of hosts and pools have no dots. */
export function hostAccountOf(host: string, pool: string): string {
  return `${host}.${pool}${hostAccountSuffix}`;
}

/** The host and its pool in the name of an account; undefined for every other account. */
export function readHostAccount(account: string): { readonly host: string; readonly pool: string } | undefined {
  const [host = "", pool = "", last, ...rest] = account.split(".");
  const isHost = `.${last}` === hostAccountSuffix && rest.length === 0 && host !== "" && pool !== "";
  return isHost ? { host, pool } : undefined;
}
