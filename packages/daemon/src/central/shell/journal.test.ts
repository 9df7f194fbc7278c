import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { Journal, type Migration, migrations } from "./journal.ts";

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

const guestsOf = (journal: Journal) => journal.read().filter(({ table }) => table === "guests");

/** A journal of today, with alice in it, as a central of tomorrow finds it. */
function written(): string {
  const path = fresh();
  const journal = new Journal(path);
  journal.commit([entry("alice", `{"host":"host-a"}`)]);
  journal.close();
  return path;
}

const weighed: Migration = ["UPDATE guests SET value = json_insert(value, '$.weight', 1)"];

test("a journal of an older version is brought to the new one, once, with all that it holds", () => {
  const path = written();
  const journal = new Journal(path, [...migrations, weighed]);
  expect(guestsOf(journal)).toEqual([entry("alice", `{"host":"host-a","weight":1}`)]);
  expect(journal.generation).toBe(2);
  journal.commit([entry("bob", `{"host":"host-b"}`)]);
  journal.close();
  const again = new Journal(path, [...migrations, weighed]);
  expect(guestsOf(again)).toContainEqual(entry("bob", `{"host":"host-b"}`));
  again.close();
  expect(() => new Journal(path)).toThrow(expect.objectContaining({ code: "E_VERSION" }));
});

test("a migration that fails changes nothing: the central of before still reads its journal", () => {
  const path = written();
  const broken: Migration = [...weighed, "UPDATE no_such_table SET value = ''"];
  expect(() => new Journal(path, [...migrations, broken])).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
  const journal = new Journal(path);
  expect(guestsOf(journal)).toEqual([entry("alice", `{"host":"host-a"}`)]);
  journal.close();
});

/** The files of a journal whose writing ended after so many bytes of its log; the last of them maybe garbled. */
function torn(path: string, logBytes: number, garbled: boolean): string {
  const copy = fresh();
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(path, copy);
  const log = readFileSync(`${path}-wal`).subarray(0, logBytes);
  if (garbled && logBytes > 0) log[logBytes - 1] = (log[logBytes - 1] as number) ^ 0xff;
  writeFileSync(`${copy}-wal`, log);
  return copy;
}

test.each([false, true])(
  "a write that is torn anywhere leaves the batches before it, each whole (garbled: %s)",
  (garbled) => {
    const path = fresh();
    const journal = new Journal(path);
    const batches = [1, 2, 3].map((n) =>
      ["alice", "bob", "carol"].map((guest) => entry(`${guest}-${n}`, "x".repeat(3000))),
    );
    for (const batch of batches) journal.commit(batch);
    const { length } = readFileSync(`${path}-wal`);
    const found = new Set<number>();
    for (let bytes = length; bytes > 0; bytes -= 1500) {
      const after = new Journal(torn(path, bytes, garbled));
      const guests = guestsOf(after);
      const whole = guests.length / 3;
      expect(guests).toEqual(
        batches
          .slice(0, whole)
          .flat()
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      );
      found.add(whole);
      after.close();
    }
    expect([...found]).toEqual(garbled ? [2, 1, 0] : [3, 2, 1, 0]);
    journal.close();
  },
);
