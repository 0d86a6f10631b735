/** Name of a work area: the folder of its check, and the number of its pull request. */
export interface AreaName {
  readonly folder: string;
  readonly name: string;
}

/** The two places of a work area: with the running order, or closed for every cell. */
export type Place = "area" | "parked";

/** An entry that was found in one of the places. */
export interface FoundEntry extends AreaName {
  readonly isDirectory: boolean;
}

/** All entries of both places. */
export interface FoundAreas {
  readonly area: readonly FoundEntry[];
  readonly parked: readonly FoundEntry[];
}

/** One change of the file system. A crash between two steps leaves a state that the next plan continues from. */
export type AreaStep =
  | { readonly step: "unlink"; readonly place: Place; readonly entry: AreaName }
  | { readonly step: "move"; readonly from: Place; readonly entry: AreaName; readonly to: Place; readonly as: AreaName }
  | { readonly step: "create"; readonly entry: AreaName };

/** The folder of entries without a valid name, and of second areas of one name. The next cleanup deletes them. */
export const strangeFolder = ".strange";

/**
 * The steps that leave exactly the wanted work area in `area`, or nothing without one. Everything else is parked.
 * Files and links in place of a work area are deleted. An area whose parked place is occupied is parked as strange,
 * under a name from `freshName`.
 */
export function planAreas(
  found: FoundAreas,
  wanted: AreaName | undefined,
  freshName: () => string,
): readonly AreaStep[] {
  const steps: AreaStep[] = [];
  for (const place of ["area", "parked"] as const)
    for (const entry of found[place])
      if (!entry.isDirectory) steps.push({ step: "unlink", place, entry: nameOf(entry) });
  const inArea = found.area.filter(({ isDirectory }) => isDirectory);
  const parked = found.parked.filter(({ isDirectory }) => isDirectory);
  for (const entry of inArea) {
    if (wanted !== undefined && isSame(entry, wanted)) continue;
    const isFree = isValid(entry) && !parked.some((other) => isSame(other, entry));
    const as = isFree ? nameOf(entry) : { folder: strangeFolder, name: freshName() };
    steps.push({ step: "move", from: "area", entry: nameOf(entry), to: "parked", as });
  }
  if (wanted === undefined || inArea.some((entry) => isSame(entry, wanted))) return steps;
  const isParked = parked.some((entry) => isSame(entry, wanted));
  return isParked
    ? [...steps, { step: "move", from: "parked", entry: wanted, to: "area", as: wanted }]
    : [...steps, { step: "create", entry: wanted }];
}

/** Whether two names are the same. */
export function isSame(a: AreaName, b: AreaName): boolean {
  return a.folder === b.folder && a.name === b.name;
}

function isValid({ folder, name }: AreaName): boolean {
  return folder === strangeFolder || (/^[A-Za-z0-9_-]+$/.test(folder) && /^(0|[1-9][0-9]*)$/.test(name));
}

function nameOf({ folder, name }: AreaName): AreaName {
  return { folder, name };
}
