import { describe } from "vitest";
import { tryAttacks } from "../../malicious/suite.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aPod } from "../support/maliciousPod.ts";
import { aScenario } from "../support/scenario.ts";

describe("a malicious pull request in a pod", () => {
  const cluster = anE2ECluster();
  const scenario = aScenario("hostile");
  let trials = 0;
  tryAttacks({
    ...{ modes: ["pods"], sample: 3, most: 8, width: 1, target: "malicious-pods" },
    open: () => async () => {
      trials += 1;
      return aPod(cluster, scenario, `hostile-${trials}`);
    },
  });
});
