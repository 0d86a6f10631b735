/**
 * Whether GitHub reads two names as one: logins, repositories, teams and contexts of commit statuses in any letter case.
 */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
