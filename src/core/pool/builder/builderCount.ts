/** The number with its noun: `1 builder`, `8 builders`. */
export function builderCountOf(builders: number): string {
  return builders === 1 ? "1 builder" : `${builders} builders`;
}
