import { defineConfig } from "vitest/config";

/** Projects run one after the other: what takes seconds first. */
const project = (name: string, groupOrder: number, include: string[], testTimeout: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout,
    hookTimeout: testTimeout,
    pool: "forks" as const,
    sequence: { groupOrder },
  },
});

/** What starts a real API server. */
const onApiServer = [
  "test/cluster/**/*.test.ts",
  "test/contract/kubernetes*.test.ts",
  "test/cluster-integration/**/*.test.ts",
];

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
        20_000,
        onApiServer,
      ),
      project("integration", 1, ["test/integration/**/*.test.ts"], 240_000),
      project("cluster", 2, onApiServer, 600_000),
    ],
  },
});
