import { expect, it } from "vitest";
import { runningIn } from "../../../../src/system/process/survivors.ts";

it("the answer of ps on macOS tells parents and marks of all processes without zombies", () => {
  const output = `    1     0 Ss   /sbin/launchd
  501     1 S    /bin/sh -c sleep 60 PATH=/usr/bin:/bin ORDER=a1 HOME=/build/o2/home
  502   501 R+   sleep 60 ORDER=a10
  503   501 Z    (cc)
`;
  expect(runningIn(output, "ORDER=a1")).toEqual([
    { pid: 1, parent: 0, marked: false },
    { pid: 501, parent: 1, marked: true },
    { pid: 502, parent: 501, marked: false },
  ]);
  expect(runningIn("", "ORDER=a1")).toEqual([]);
});
