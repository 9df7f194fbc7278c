import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { NomadError } from "@nomad/base";
import { readIfThere } from "./nomad-directory.ts";

const secretCharsMin = 16;

/** The secret in a file, or undefined when there is no such file. Fails with E_CONFIG when it is too short. */
export function readSecret(path: string): Uint8Array | undefined {
  const text = readIfThere(path)?.trim();
  if (text === undefined) return undefined;
  if (text.length < secretCharsMin) {
    throw new NomadError("E_CONFIG", `the secret in ${path} has fewer than ${secretCharsMin} characters`);
  }
  return Buffer.from(text, "utf8");
}

/** The secret in a file that is made, for its owner's eyes only, when it is missing. */
export function readOrMakeSecret(path: string): Uint8Array {
  const present = readSecret(path);
  if (present) return present;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Written aside and linked: of two that make it at once one wins, and nobody reads half a secret.
  const draft = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  const made = readSecret(path);
  if (!made) throw new NomadError("E_CONFIG", `the secret ${path} disappeared while it was made`);
  return made;
}

/** May others on this machine read the file? */
export function isExposed(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o077) !== 0;
}
