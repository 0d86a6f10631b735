import type { Selector } from "./objectStore.ts";

/** Reports whether the object carries all labels of the selector. Every object matches an absent selector. */
export function isSelected(
  object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined } },
  selector: Selector | undefined,
): boolean {
  return Object.entries(selector?.labels ?? {}).every(([label, value]) => object.metadata.labels?.[label] === value);
}
