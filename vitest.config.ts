import { defineConfig } from "vitest/config";
import { leftOut, long } from "./test/support/sample.ts";

/** Projects run one after the other: what takes seconds first. */
interface More {
  readonly exclude?: string[];
  readonly globalSetup?: string[];
  readonly fileParallelism?: boolean;
}
const project = (name: string, groupOrder: number, include: string[], testTimeout: number, more: More = {}) => ({
  test: {
    ...more,
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    pool: "forks" as const,
    sequence: { groupOrder },
  },
});

/** What starts a real API server. */
const onApiServer = ["test/cluster/**/*.test.ts", "test/contract/kubernetes*.test.ts"];

/** `make ci` sets a seed, and then runs a part of the long files. */
const seed = process.env["SAMPLE_SEED"];

export default defineConfig({
  test: {
    reporters: process.env["CI"]
      ? ["dot", "./test/support/closingLine.ts"]
      : ["default", "./test/support/closingLine.ts"],
    maxWorkers: 2,
    projects: [
      project(
        "unit",
        0,
        ["test/unit/**/*.test.ts", "test/properties/**/*.test.ts", "test/contract/**/*.test.ts"],
        60_000,
        { exclude: onApiServer },
      ),
      project("integration", 1, ["test/integration/**/*.test.ts"], 240_000, {
        globalSetup: ["test/support/cell/globalSetup.ts"],
        exclude: [...leftOut(long.integration, seed)],
      }),
      project("cluster", 2, onApiServer, 600_000, { globalSetup: ["test/support/cluster/globalSetup.ts"] }),
      // All scenarios share one installation and one repository, so their files run one after the other.
      project("e2e", 3, ["test/e2e/**/*.test.ts"], 600_000, {
        globalSetup: ["test/e2e/support/globalSetup.ts"],
        fileParallelism: false,
        exclude: [...leftOut(long.e2e, seed)],
      }),
    ],
  },
});
