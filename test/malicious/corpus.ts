import type { Attack } from "./attack.ts";
import { credentials } from "./attacks/credentials.ts";
import { disk } from "./attacks/disk.ts";
import { memory } from "./attacks/memory.ts";
import { packages } from "./attacks/packages.ts";
import { pods } from "./attacks/pods.ts";
import { processes } from "./attacks/processes.ts";
import { recipes } from "./attacks/recipes.ts";
import { repositories } from "./attacks/repositories.ts";
import { tools } from "./attacks/tools.ts";
import { verdicts } from "./attacks/verdicts.ts";

/** All malicious pull requests. */
export const corpus: readonly Attack[] = [
  ...tools,
  ...memory,
  ...packages,
  ...repositories,
  ...disk,
  ...processes,
  ...recipes,
  ...credentials,
  ...verdicts,
  ...pods,
];
