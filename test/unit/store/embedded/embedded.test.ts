import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectByKind } from "../../../../src/api/objects/kinds.ts";
import { openDatabase } from "../../../../src/store/embedded/database.ts";
import { type EmbeddedStore, openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { prepareRows } from "../../../../src/store/embedded/rows.ts";
import { createLog } from "../../../../src/system/log.ts";
import { brief, follow, is } from "../../../contract/follow.ts";
import { aBuilder, aPool, readyStatus } from "../../../contract/objects.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

describe("the embedded store", () => {
  let folder: string;
  let store: EmbeddedStore;
  const clock = fakeClock();
  const open = () => openEmbeddedStore({ file: join(folder, "store.db"), clock, log: createLog({ level: "silent" }) });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
    store = open();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  it("increases the version across objects, kinds, deletions and restarts", async () => {
    const versions = [];
    versions.push((await store.create("Builder", aBuilder("a"))).metadata.resourceVersion);
    versions.push((await store.create("BuilderPool", aPool("b"))).metadata.resourceVersion);
    await store.delete("BuilderPool", "b");
    store.close();
    store = open();
    versions.push((await store.create("Builder", aBuilder("c"))).metadata.resourceVersion);

    expect(versions).toEqual(["1", "2", "4"]);
  });

  it("keeps unknown metadata", async () => {
    const metadata = { name: "a", managedFields: [{ manager: "kubectl" }] };
    await store.create("Builder", { ...aBuilder("a"), metadata });

    expect((await store.get("Builder", "a"))?.metadata).toMatchObject(metadata);
  });

  it("fills in the defaults of a spec", async () => {
    const document: ObjectByKind["BuilderPool"] = JSON.parse(
      '{"apiVersion":"ci.alice.cern.ch/v1alpha1","kind":"BuilderPool","metadata":{"name":"o2"},"spec":{"package":"O2"}}',
    );

    expect((await store.apply("BuilderPool", document)).spec).toMatchObject({ instances: 1, branch: "master" });
  });

  it("replaces lists and keeps absent fields on apply", async () => {
    const document: ObjectByKind["BuilderPool"] = JSON.parse(
      '{"apiVersion":"ci.alice.cern.ch/v1alpha1","kind":"BuilderPool","metadata":{"name":"o2"},"spec":{"package":"O2","update":{"paused":true},"checks":[{"name":"only"}]}}',
    );
    await store.create("BuilderPool", { ...aPool("o2"), spec: { ...aPool("o2").spec, instances: 12 } });
    const { spec } = await store.apply("BuilderPool", document);

    expect(spec).toMatchObject({ instances: 12, update: { paused: true, drainTimeout: "4h" } });
    expect(spec.checks).toEqual([{ name: "only" }]);
  });

  it("names all invalid fields of an object in one message", async () => {
    const wrong: ObjectByKind["BuilderPool"] = JSON.parse(
      '{"apiVersion":"ci.alice.cern.ch/v1alpha1","kind":"BuilderPool","metadata":{"name":"o2"},"spec":{"package":"O2","instances":-1,"checks":[{"name":"a b"}]}}',
    );

    await expect(store.create("BuilderPool", wrong)).rejects.toThrow(
      /^BuilderPool "o2" is invalid: .*spec\.instances: .*; spec\.checks\[0\]\.name: expected a check name without blanks/,
    );
  });

  it("refuses another namespace", async () => {
    await expect(store.create("Builder", aBuilder("a", { namespace: "kube-system" }))).rejects.toThrow(
      'metadata.namespace: expected default, found "kube-system"',
    );
  });

  it("delivers writes and deletions of another process to a watch", async () => {
    const other = open();
    const builders = follow(store, "Builder");
    await builders.synced();
    const created = await other.create("Builder", aBuilder("theirs"));
    await builders.until(is("Added", "theirs"));
    await other.updateStatus("Builder", { ...created, status: readyStatus });
    await builders.until(is("Modified", "theirs"));
    await other.delete("Builder", "theirs");
    await builders.until(is("Deleted", "theirs"));
    await builders.stop();
    other.close();
  });

  it("ends its watches on close", async () => {
    const builders = follow(store, "Builder");
    await builders.synced();
    const end = builders.until(() => false);
    store.close();

    await expect(end).rejects.toThrow("the watch ended");
  });

  it("delivers Deleted for missing objects and Synced again after compaction", async () => {
    for (const name of ["kept", "gone", "replaced"]) await store.create("Builder", aBuilder(name));
    const builders = follow(store, "Builder");
    await builders.synced();
    for (const name of ["gone", "replaced"]) await store.delete("Builder", name);
    await store.create("Builder", aBuilder("replaced"));
    const database = openDatabase(join(folder, "store.db"));
    database.write(() => prepareRows(database.sql).compact(0));
    database.close();
    const read = await builders.synced();
    await builders.stop();

    expect(read.map(brief)).toEqual(["Deleted gone", "Deleted replaced", "Added replaced", "Synced kept replaced"]);
  });
});
