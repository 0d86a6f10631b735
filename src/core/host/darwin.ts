/** The power settings of a Mac, from `pmset -g custom`. */
export interface PowerSettings {
  /** Minutes until the machine sleeps. 0: never. The shortest of all power sources. */
  readonly sleep: number | undefined;
  /** Whether the machine starts after a power cut. Undefined: it cannot. */
  readonly autorestart: boolean | undefined;
}

/** Reads the output of `pmset -g custom`. */
export function powerSettingsIn(output: string): PowerSettings {
  const values = (key: string) =>
    [...output.matchAll(new RegExp(`^\\s*${key}\\s+(\\d+)`, "gm"))].map(([, n]) => Number(n));
  const sleeps = values("sleep").filter((minutes) => minutes > 0);
  const [autorestart] = values("autorestart");
  return {
    sleep: values("sleep").length === 0 ? undefined : Math.min(...sleeps, ...(sleeps.length === 0 ? [0] : [])),
    autorestart: autorestart === undefined ? undefined : autorestart === 1,
  };
}

/** Whether the disk is locked after a start, from `fdesetup status`. Undefined for an unknown answer. */
export function isFileVaultOn(output: string): boolean | undefined {
  if (/FileVault is On/.test(output)) return true;
  return /FileVault is Off/.test(output) ? false : undefined;
}

/** The state of a service, from `launchctl print system/LABEL`. Undefined if it is not loaded. */
export function serviceStateIn(output: string): string | undefined {
  return /^\tstate = (?<state>.+)$/m.exec(output)?.groups?.["state"];
}

/** The personality of a volume, from `diskutil info PATH`, such as `Case-sensitive APFS`. */
export function volumeIn(output: string): string | undefined {
  return /^\s*File System Personality:\s+(?<name>.+)$/m.exec(output)?.groups?.["name"]?.trim();
}

/** Whether `/etc/synthetic.conf` creates this name in the root folder. */
export function isSynthetic(text: string, name: string): boolean {
  return text.split("\n").some((line) => line.split("\t")[0]?.trim() === name);
}
