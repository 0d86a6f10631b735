/** The creation time of every test object. */
export const created = "2026-01-01T00:00:00Z";

/** The metadata that a store sets. */
export const meta = (name: string) => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: created,
});
