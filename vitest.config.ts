import { defineConfig } from "vitest/config";

/** Projects run one after the other: what takes seconds first. */
const project = (name: string, groupOrder: number, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, pool: "forks" as const, sequence: { groupOrder } },
});

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
      ),
      project("integration", 1, ["test/integration/**/*.test.ts"], 240_000),
      project("cluster", 2, ["test/cluster/**/*.test.ts"], 600_000),
    ],
  },
});
