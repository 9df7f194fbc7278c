import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NomadError } from "@nomad/base";
import { recover } from "@nomad/protocol";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Journal } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "nomad-journal-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bytes of a journal with something in it. */
function journalBytes(): Buffer {
  const path = join(folder, "whole.db");
  const journal = new Journal(path);
  for (let i = 0; i < 20; i++) journal.commit([{ table: "published", key: `key-${i}`, value: `value ${i}` }]);
  journal.close();
  return readFileSync(path);
}

/** What central does with a journal when it starts; null when it is refused, in words that an operator understands. */
function opened(path: string): object | null {
  let journal: Journal | undefined;
  try {
    journal = new Journal(path);
    return recover(journal.read());
  } catch (error) {
    expect(error).toBeInstanceOf(NomadError);
    return null;
  } finally {
    journal?.close();
  }
}

test("a journal with any of its bytes changed is read or refused, and nothing else happens", () => {
  const whole = journalBytes();
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 });
  let count = 0;
  fc.assert(
    fc.property(changes, fc.nat(whole.length), fc.boolean(), (list, length, cutShort) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of list) bytes[at] = value;
      const path = join(folder, `changed-${count++}.db`);
      writeFileSync(path, cutShort ? bytes.subarray(0, length) : bytes);
      opened(path);
    }),
    { numRuns: 100 },
  );
});
