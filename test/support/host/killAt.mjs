import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

// Kills this process before its change number KILL_AT of the file system.
let left = Number(process.env["KILL_AT"]);
for (const name of ["rename", "rm", "mkdir", "open"]) {
  const original = fs[name];
  fs[name] = (...args) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
    return original(...args);
  };
}
syncBuiltinESMExports();
