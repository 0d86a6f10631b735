import type { Selector } from "./objectStore.ts";

/** Whether an object carries all labels of the selector; without a selector every object does. */
export function isSelected(
  object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined } },
  selector: Selector | undefined,
): boolean {
  return Object.entries(selector?.labels ?? {}).every(([label, value]) => object.metadata.labels?.[label] === value);
}
