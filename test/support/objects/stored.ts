/** When every object of a test was created. */
export const created = "2026-01-01T00:00:00Z";

/** What a store writes into an object's metadata. */
export const meta = (name: string) => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: created,
});
