import { connect } from "node:net";

/*
 * The liveness probe of a cell container: `node probe.ts SOCKET`.
 * It connects to the socket for probes of the cell server and waits for a line. A SOCKET without a slash is abstract.
 * Exit codes: 0 for an answer; 1 without one within 4 seconds; 64 without a SOCKET.
 */

const badUsage = 64;
/** The kubelet waits 5 seconds for the whole program. */
const patience = 4_000;

function fail(reason: string): never {
  console.error(`The cell server does not answer: ${reason}`);
  process.exit(1);
}

const name = process.argv[2];
if (name === undefined) {
  console.error("expected the socket for probes of the cell server, found none");
  process.exit(badUsage);
}
const socket = connect({ path: name.startsWith("/") ? name : `\0${name}` });
setTimeout(() => fail(`no line within ${patience / 1000} s; a process may have stopped it`), patience);
socket.on("data", () => process.exit(0));
socket.on("error", (error) => fail(error.message));
socket.on("close", () => fail("it closed the connection"));
