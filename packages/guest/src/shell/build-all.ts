import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { buildImage } from "../build-image.ts";
import { encodeImage } from "../image.ts";
import { imagesFolder } from "./load-image.ts";
import { readSources, sourcesRoot } from "./sources.ts";

const guestFolder = join(sourcesRoot, "guest");
const programsFolder = join(guestFolder, "programs");
/** What an image was built from: a hash of the builder, and of every source by its path. */
const recordSchema = z.object({ builder: z.string(), sources: z.record(z.string(), z.string()) });
type BuildRecord = z.infer<typeof recordSchema>;

/**
 * Builds every program that is a file of packages/guest/programs itself and whose image is missing or was built from
 * other sources. Says what it does on stderr, one line each.
 */
export async function buildAllImages(): Promise<void> {
  mkdirSync(imagesFolder, { recursive: true });
  for (const name of programNames()) await ensureImage(name);
}

/** The images of such programs that are missing or were built from other sources. */
export function outdatedImages(): string[] {
  const builder = hashOfBuilder();
  return programNames().filter((name) => !isCurrent(name, builder));
}

/** The programs that are a file of packages/guest/programs itself. */
function programNames(): string[] {
  const files = readdirSync(programsFolder).filter((file) => file.endsWith(".ts"));
  return files.map((file) => file.slice(0, -".ts".length)).sort();
}

/** Builds one image if it is of a program of ours and is missing or out of date; says so on stderr. */
export async function ensureImage(name: string): Promise<void> {
  const builder = hashOfBuilder();
  if (!existsSync(join(sourcesRoot, sourceOf(name))) || isCurrent(name, builder)) return;
  mkdirSync(imagesFolder, { recursive: true });
  await build(name, builder);
}

/**
 * Where the program of an image is: NAME.ts, or of one that is built on first use FOLDER/NAME.ts for an image
 * FOLDER-NAME.
 */
function sourceOf(image: string): string {
  const flat = `guest/programs/${image}.ts`;
  return existsSync(join(sourcesRoot, flat)) ? flat : `guest/programs/${image.replace("-", "/")}.ts`;
}

async function build(name: string, builder: string): Promise<void> {
  const startMs = performance.now();
  process.stderr.write(`building guest image ${name} ...`);
  const seen = new Map<string, string>();
  const image = await buildImage({ name, entry: sourceOf(name), readSource: readSources(seen) });
  const bytes = encodeImage(image);
  replace(imagePath(name), bytes);
  const sources = Object.fromEntries([...seen].map(([path, source]) => [path, sha256(source)]));
  replace(recordPath(name), JSON.stringify({ builder, sources } satisfies BuildRecord));
  process.stderr.write(
    ` ${Math.ceil(bytes.length / 1024)} KiB, ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`,
  );
}

function isCurrent(name: string, builder: string): boolean {
  if (!existsSync(imagePath(name)) || !existsSync(recordPath(name))) return false;
  const record = recordSchema.safeParse(JSON.parse(readFileSync(recordPath(name), "utf8")));
  if (!record.success || record.data.builder !== builder) return false;
  const read = readSources(new Map());
  return Object.entries(record.data.sources).every(([path, hash]) => sha256(read(path) ?? "") === hash);
}

/** The builder is its own sources, the memory layout, and the compiler's version. */
function hashOfBuilder(): string {
  const folder = join(guestFolder, "src");
  const sources = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const files = [...sources.sort().map((file) => join(folder, file)), join(guestFolder, "package.json")];
  return sha256(
    [...files, join(sourcesRoot, "abi/src/layout.ts")].map((file) => readFileSync(file, "utf8")).join("\n"),
  );
}

/** Whole or not at all: another process may be reading the images. */
function replace(path: string, contents: string | Uint8Array): void {
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}

const imagePath = (name: string) => join(imagesFolder, `${name}.nomad`);
const recordPath = (name: string) => join(imagesFolder, `${name}.built.json`);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
