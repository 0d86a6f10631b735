import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, pool: "forks" as const },
});

export default defineConfig({
  test: {
    reporters: process.env["CI"]
      ? ["dot", "./test/support/closingLine.ts"]
      : ["default", "./test/support/closingLine.ts"],
    maxWorkers: 2,
    projects: [
      project("unit", ["test/unit/**/*.test.ts", "test/properties/**/*.test.ts", "test/contract/**/*.test.ts"], 20_000),
      project("integration", ["test/integration/**/*.test.ts"], 240_000),
    ],
  },
});
