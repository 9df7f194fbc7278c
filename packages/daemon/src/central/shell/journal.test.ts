import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { Journal } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "nomad-journal-"));
let count = 0;
const fresh = () => join(folder, `${count++}`, "journal.db");
const entry = (key: string, value: string) => ({ table: "guests" as const, key, value });

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what is committed is there for the next start, the newest value of each key", () => {
  const path = fresh();
  const first = new Journal(path);
  first.commit([entry("alice", "1"), entry("bob", "1")]);
  first.commit([entry("alice", "2")]);
  first.close();
  const second = new Journal(path);
  expect(second.read().filter(({ table }) => table === "guests")).toEqual([entry("alice", "2"), entry("bob", "1")]);
  second.close();
});

test("each start is a generation of its own", () => {
  const path = fresh();
  for (const generation of [1, 2, 3]) {
    const journal = new Journal(path);
    expect(journal.generation).toBe(generation);
    journal.close();
  }
});

test("a central that was replaced can commit no more", () => {
  const path = fresh();
  const older = new Journal(path);
  const newer = new Journal(path);
  expect(() => older.commit([entry("alice", "older")])).toThrow(expect.objectContaining({ code: "E_STATE" }));
  newer.commit([entry("alice", "newer")]);
  expect(newer.read()).toContainEqual(entry("alice", "newer"));
  older.close();
  newer.close();
});

test("a batch is kept whole or not at all", () => {
  const journal = new Journal(":memory:");
  const wrong = { table: "guests" as const, key: "bob", value: null as never };
  expect(() => journal.commit([entry("alice", "1"), wrong])).toThrow(expect.objectContaining({ code: "E_JOURNAL" }));
  expect(journal.read().filter(({ table }) => table === "guests")).toEqual([]);
  journal.close();
});

test("a file that is no journal, and one of a newer version, are refused", () => {
  const path = fresh();
  new Journal(path).close();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => new Journal(path)).toThrow(expect.objectContaining({ code: "E_VERSION" }));
  writeFileSync(path, "this is no database, but long enough to be looked at".repeat(40));
  expect(() => new Journal(path)).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
});
