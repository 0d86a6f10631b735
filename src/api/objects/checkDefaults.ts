/**
 * Settings that apply when neither check nor pool sets them. They are the defaults of ali-bot; only `approvals` is
 * stricter. The descriptions of the fields contain them. They are no defaults of the schema, because a default in a
 * check would hide the setting of its pool.
 */
export const checkDefaults = {
  branch: "master",
  defaults: "o2",
  trust: { collaborators: false, users: [] as string[], approvals: "Strict" },
  comments: true,
  sharedTree: false,
  env: {},
  compiler: "c++",
  base: "LastGood",
  timeouts: { command: "120s", build: "10h" },
  maxGrowth: "20M",
  /** The largest repositories of ALICE have about twice as many files. */
  maxFiles: 10_000,
  tool: { alibuild: "1.17.44" },
  silent: false,
} as const;

/** Returns a description that ends with the default. */
export function withDefault(description: string, value: unknown): string {
  const isNone = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return `${description} Default: ${isNone ? "none" : `\`${String(value)}\``}.`;
}
