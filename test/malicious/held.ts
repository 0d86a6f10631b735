import type { Mode, Route } from "./attack.ts";

/** Held in sources, with namespaces and without. */
const inSources = held(
  "I-01 I-02 I-03 I-04 I-05 I-06 I-07 I-08 I-09 I-10 I-11 I-12 I-13 I-20 I-21 I-22",
  "I-23 I-24 I-25 I-26 I-27 I-28 I-29 I-40 I-41 I-42 I-43 I-44 I-45 I-46 I-47 I-48",
  "I-49 I-50 I-51 I-52 I-53 I-54 I-55 I-56 I-57 I-58 G-01 G-02 G-03 G-04 G-05 G-06",
  "G-07 G-08 G-09 G-10 G-11 G-12 G-13 A-01 A-02 A-03 A-04 A-05 A-06 A-07 A-08 A-09",
  "A-10 A-11 A-12 A-13 A-14 A-15 A-16 A-17 A-20 A-21 A-22 A-23 A-24 A-25 A-26 A-27",
  "A-28 A-29 A-30 A-31 A-32 A-33 C-01 C-02 C-03 C-04 C-05 C-06 C-07 C-08 C-09 C-10",
  "C-11 C-12 C-13 C-14 C-15 C-16 V-01 V-02 V-03 V-04 V-05 V-06 V-07 V-08 V-10",
);

/** Held in recipes, with namespaces and without. */
const inRecipes = held(
  "I-01 I-02 I-03 I-04 I-05 I-06 I-07 I-08 I-09 I-10 I-11 I-12 I-13 I-20 I-21 I-22",
  "I-23 I-24 I-25 I-26 I-27 I-28 I-29 I-40 I-41 I-42 I-43 I-44 I-45 I-46 I-47 I-48",
  "I-49 I-50 I-51 I-52 I-53 I-54 I-55 I-56 I-57 I-58 I-60 I-61 G-01 G-02 G-03 G-04",
  "G-05 G-06 G-07 G-08 G-09 G-10 G-11 G-12 G-13 A-01 A-02 A-03 A-04 A-05 A-06 A-07",
  "A-08 A-09 A-10 A-11 A-12 A-13 A-14 A-15 A-16 A-17 A-20 A-21 A-22 A-23 A-24 A-25",
  "A-26 A-27 A-28 A-29 A-30 A-31 A-32 A-33 A-34 A-35 C-01 C-02 C-03 C-04 C-05 C-06",
  "C-07 C-08 C-09 C-10 C-11 C-12 C-13 C-14 C-15 C-16 V-01 V-02 V-03 V-04 V-05 V-06",
  "V-07 V-08 V-09 V-10",
);

/** Held in sources, in pods. */
const inPods = held(
  "I-01 I-02 I-03 I-04 I-05 I-06 I-07 I-08 I-09 I-10 I-11 I-12 I-13 I-20 I-21 I-22",
  "I-23 I-24 I-25 I-26 I-27 I-28 I-29 I-40 I-41 I-42 I-43 I-44 I-45 I-46 I-47 I-48",
  "I-49 I-50 I-51 I-52 I-53 I-54 I-55 I-56 I-57 I-58 G-01 G-02 G-03 G-04 G-05 G-06",
  "G-07 G-08 G-09 G-10 G-11 G-12 G-13 A-01 A-02 A-03 A-04 A-05 A-08 A-09 A-10 A-11",
  "A-12 A-13 A-14 A-20 A-21 A-22 A-23 A-24 A-25 A-26 A-27 A-28 A-29 A-30 A-31 A-32",
  "A-33 A-36 A-37 C-01 C-02 C-03 C-04 C-05 C-07 C-08 C-09 C-10 C-11 C-12 C-13 C-14 C-16",
  "C-17 C-18 C-19 V-01 V-02 V-03 V-04 V-05 V-06 V-07 V-08 V-10",
);

/**
 * Result of the last measurement of each attack by each route: `held`, or its effect. Samples take only held attacks.
 * `make malicious` tries all attacks and prints the lines to change. A missing attack has not been measured.
 */
export const measured: Readonly<Record<Route, Readonly<Record<Mode, Readonly<Record<string, string>>>>>> = {
  source: { namespaces: inSources, modes: inSources, pods: inPods },
  recipe: { namespaces: inRecipes, modes: inRecipes, pods: {} },
};

function held(...lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.flatMap((line) => line.split(" ")).map((id) => [id, "held"]));
}
