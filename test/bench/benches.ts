import type { Bench } from "./bench.ts";

type Load = () => Promise<{ readonly bench: Bench }>;

/** Run by `make bench`. */
const usual = {
  scan: () => import("./scan.ts"),
  choose: () => import("./choose.ts"),
  month: () => import("./month.ts"),
  store: () => import("./store.ts"),
  github: () => import("./github.ts"),
  overhead: () => import("./overhead.ts"),
  command: () => import("./command.ts"),
} satisfies Record<string, Load>;

/** Run only by name: they need Kubernetes, and the first run on a machine compiles it. */
const onKubernetes = {
  kubernetesStore: () => import("./kubernetesStore.ts"),
  cluster: () => import("./cluster.ts"),
} satisfies Record<string, Load>;

export const benches: Readonly<Record<string, Load>> = { ...usual, ...onKubernetes };

/** The benchmarks of these names, or the usual ones without names. Throws on an unknown name. */
export function benchesOf(names: readonly string[]): readonly (readonly [string, Load])[] {
  if (names.length === 0) return Object.entries(usual);
  return names.map((name) => {
    const load = benches[name];
    if (load === undefined)
      throw new Error(`No bench is called "${name}"; expected ${Object.keys(benches).join(", ")}`);
    return [name, load];
  });
}
