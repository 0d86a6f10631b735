import { describe, expect, it } from "vitest";
import { accountIn, findAccount, isLoginShell, recordIn } from "../../../../src/agent/enrol/accounts.ts";

describe("an account of the machine", () => {
  it("is read from getent", () => {
    expect(accountIn("alibuild:x:501:20:ALICE builds:/var/empty:/usr/sbin/nologin\n")).toEqual({
      ...{ name: "alibuild", uid: 501, gid: 20, loginShell: "/usr/sbin/nologin" },
    });
    expect(accountIn("shell-less:x:502:20::/var/empty:\n")).toMatchObject({ loginShell: "/bin/sh" });
    expect(accountIn("")).toBeUndefined();
  });

  it("is read from dscl", () => {
    const output = "PrimaryGroupID: 20\nUniqueID: 401\nUserShell: /usr/bin/false\n";
    expect(recordIn("alibuild", output)).toEqual({ name: "alibuild", uid: 401, gid: 20, loginShell: "/usr/bin/false" });
    expect(recordIn("alibuild", "No such key: UniqueID\n")).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("may be an id without an account, but not an unknown name", async () => {
    expect(await findAccount("63177:63178")).toEqual({
      name: "63177:63178",
      uid: 63_177,
      gid: 63_178,
      loginShell: undefined,
    });
    expect(await findAccount("nobody-has-this-name")).toBeUndefined();
    expect(await findAccount("root")).toMatchObject({ uid: 0 });
  });

  it.each(["/bin/bash", "/bin/zsh", "/bin/sh", "/usr/local/bin/fish"])("with the shell %s lets people in", (shell) => {
    expect(isLoginShell(shell)).toBe(true);
  });

  it.each(["/usr/bin/false", "/usr/sbin/nologin", "/sbin/nologin"])("with the shell %j lets nobody in", (shell) => {
    expect(isLoginShell(shell)).toBe(false);
  });
});
