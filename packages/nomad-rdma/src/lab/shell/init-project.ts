import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { NomadError } from "@nomad/base";
import { labFileName } from "../lab-file.ts";
import { labFileTemplate } from "../lab-file-template.ts";

const packageFile = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/**
 * Writes a lab file and a guest's program into a directory, which is made when it is missing; returns their paths.
 * Fails with E_CONFIG when one is there already, unless it may be overwritten; then nothing is written.
 */
export function initProject(directory: string, overwrite: boolean): string[] {
  const schema = relative(resolve(directory), packageFile("nomad.lab.schema.json"));
  const contents: Readonly<Record<string, string>> = {
    [labFileName]: labFileTemplate(schema),
    "guest.ts": readFileSync(packageFile("templates/guest.ts"), "utf8"),
  };
  const files = Object.entries(contents).map(([name, text]) => ({ path: join(directory, name), text }));
  const present = overwrite ? [] : files.filter(({ path }) => existsSync(path));
  if (present.length > 0) {
    const names = present.map(({ path }) => path).join(" and ");
    throw new NomadError("E_CONFIG", `${names} would be overwritten; allow it with --force`);
  }
  mkdirSync(directory, { recursive: true });
  for (const { path, text } of files) writeFileSync(path, text);
  return files.map(({ path }) => path);
}
