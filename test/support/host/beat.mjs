const [, , repository, folder, token] = process.argv;
const source = (path) => import(`${repository}/src/${path}`);
const { createHeartbeat } = await source("builder/report/heartbeat.ts");
const { keepCredential } = await source("agent/credential/renewal.ts");
const { openEmbeddedStore } = await source("store/embedded/embedded.ts");
const { systemClock: clock } = await source("system/clock.ts");
const { createLog } = await source("system/log.ts");

// The heartbeat and the renewal of an agent, in a process of their own. Prints each change of what the builder may do.
const log = createLog({ level: "silent" });
const store = openEmbeddedStore({ file: ":memory:", clock, log });
const world = { clock, log, store, name: "mac1", pool: "o2", incarnation: "i1", self: () => undefined };
const heartbeat = createHeartbeat(world);
const { signal } = new AbortController();
let renewals = 0;
const client = { create: async () => ({ status: { token } }), get: async () => undefined };
const onRenewal = (error) => {
  if (error !== undefined) throw error;
  renewals += 1;
};
void heartbeat.run(signal, { beat: () => {}, replaced: () => console.log("replaced") });
void keepCredential(
  { folder, client, clock, log, uid: "u1", onRenewal, onAccount: () => console.log("account") },
  signal,
);

let last = "";
setInterval(() => {
  const state = `${heartbeat.mayStart() ? "may start" : "waits"}, ${heartbeat.mustKill() ? "kills" : "builds"}, ${renewals}`;
  if (state !== last) console.log(state);
  last = state;
}, 100);
