import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { schemaVersion } from "../../../../src/store/embedded/schema.ts";
import { systemClock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";
import { aBuilder } from "../../../contract/objects.ts";

describe("the file of the embedded store", () => {
  let folder: string;
  let file: string;
  const open = () => openEmbeddedStore({ file, clock: systemClock, log: createLog({ level: "silent" }) });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
    file = join(folder, "store.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is closed to other users with its companions, also when an older version left it open", async () => {
    const modes = () => readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const store = open();
    await store.create("Builder", aBuilder("o2-0"));
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    const other = open();
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    for (const one of [store, other]) one.close();
  });

  it.skipIf(process.getuid?.() !== 0)("names its owner to another user", () => {
    open().close();
    chmodSync(folder, 0o755);
    const script = `import { openDatabase } from ${JSON.stringify(resolve("src/store/embedded/database.ts"))};
      try { openDatabase(${JSON.stringify(file)}); } catch (error) { console.log(error.code, error.message); }`;
    const args = ["--input-type=module-typescript", "--eval", script];
    const said = execFileSync(process.execPath, args, { uid: 65534, gid: 65534, encoding: "utf8" });
    expect(said).toContain(`Forbidden store file ${file} belongs to user 0 and is closed to others`);
  });

  it("is refused with its name and the remedy when it is not a database", () => {
    writeFileSync(file, "pools: none\n".repeat(1000));

    expect(open).toThrow(
      `store file ${file} is damaged (file is not a database): stop the processes that use it, move it away`,
    );
  });

  it("is refused when a part was overwritten or truncated", async () => {
    const store = open();
    for (let index = 0; index < 300; index += 1) await store.create("Builder", aBuilder(`o2-${index}`));
    store.close();
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.from(whole).fill(0x5a, 8192, 8192 + 16_384));
    expect(open).toThrow(`store file ${file} is damaged`);

    writeFileSync(file, whole);
    truncateSync(file, whole.length - 20_000);
    expect(open).toThrow(`store file ${file} is damaged`);
  });

  it("is refused unchanged when a newer version wrote it", () => {
    open().close();
    const raw = new DatabaseSync(file);
    raw.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    raw.close();

    expect(open).toThrow(
      `store file ${file} has format ${schemaVersion + 1}, but this builderpool reads formats up to ${schemaVersion}: use the newer builderpool`,
    );
  });

  it("is refused unchanged when it belongs to another program", () => {
    const raw = new DatabaseSync(file);
    raw.exec("CREATE TABLE photos (id INTEGER)");
    raw.close();
    const before = readFileSync(file);

    expect(open).toThrow(`${file} is a database of another program: use another file name for the store`);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("is named in the error when its folder does not exist", () => {
    file = join(folder, "missing", "store.db");

    expect(open).toThrow(`store file ${file}: the file could not be opened: check that the folder exists`);
  });

  it("is named in the error of every call after close", async () => {
    const store = open();
    store.close();

    await expect(store.get("Builder", "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
      message: `store file ${file} is closed`,
    });
  });

  it("can be opened twice, and each store reads the writes of the other", async () => {
    const [one, other] = [open(), open()];
    const created = await one.create("Builder", aBuilder("o2-0"));
    await other.update("Builder", { ...created, spec: { ...created.spec, desired: "Drain" } });

    expect((await one.get("Builder", "o2-0"))?.spec.desired).toBe("Drain");
    await expect(one.update("Builder", created)).rejects.toMatchObject({ code: "Conflict" });
    one.close();
    other.close();
  });
});
