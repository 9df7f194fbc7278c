import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { directoryOf, nearestDirectory } from "./nomad-directory.ts";
import { isExposed, readOrMakeSecret, readSecret } from "./secret.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nomad-secret-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("a secret is made once, for its owner only, and is the same for the next reader", () => {
  const directory = directoryOf(home);
  const made = readOrMakeSecret(directory.secret);
  expect(made).toHaveLength(64);
  expect(readOrMakeSecret(directory.secret)).toEqual(made);
  expect(statSync(directory.secret).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory.path)).toEqual(["secret"]);
});

test("to read a secret does not make one", () => {
  expect(readSecret(directoryOf(home).secret)).toBeUndefined();
  expect(readdirSync(home)).toEqual([]);
});

test("a short secret is refused", () => {
  const path = join(home, "short");
  writeFileSync(path, "hunter2\n");
  expect(() => readSecret(path)).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
});

test("a secret that others may read is noticed", () => {
  const { secret } = directoryOf(home);
  readOrMakeSecret(secret);
  expect(isExposed(secret)).toBe(false);
  chmodSync(secret, 0o644);
  expect(isExposed(secret)).toBe(true);
});

test("a directory with a running lab is nearer than one with only a secret", () => {
  const inner = join(home, "a", "b");
  readOrMakeSecret(directoryOf(inner).secret);
  expect(nearestDirectory(inner)).toEqual(directoryOf(inner));
  writeFileSync(join(readDirectory(home), "lab.json"), "{}");
  expect(nearestDirectory(inner)).toEqual(directoryOf(home));
});

function readDirectory(path: string): string {
  const directory = directoryOf(path);
  readOrMakeSecret(directory.secret);
  return directory.path;
}
