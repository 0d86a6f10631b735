import { parseArgs } from "node:util";
import { startDemo } from "../demo/start.ts";
import { startStandIn } from "./standIn.ts";

/**
 * The stand-in as a program: `node main.ts [--demo DIRECTORY] [--port N]`. When ready it prints its addresses as one
 * line of JSON. It exits on SIGTERM or SIGINT. It also exits when its standard input is a pipe that closes, so that it
 * never outlives its parent process.
 */
const { values } = parseArgs({ options: { demo: { type: "string" }, port: { type: "string", default: "0" } } });
const port = Number(values.port);
const github = values.demo === undefined ? await startStandIn({ port }) : await startDemo(values.demo, { port });

const ended = Promise.withResolvers<void>();
process.once("SIGTERM", () => ended.resolve()).once("SIGINT", () => ended.resolve());
if (!process.stdin.isTTY) process.stdin.once("end", () => ended.resolve()).resume();

const { apiUrl, enterpriseApiUrl, gitUrl, controlUrl, token } = github;
const pool = "pool" in github ? { pool: github.pool } : {};
process.stdout.write(`${JSON.stringify({ apiUrl, enterpriseApiUrl, gitUrl, controlUrl, token, ...pool })}\n`);
await ended.promise;
await github.close();
process.exit(0);
