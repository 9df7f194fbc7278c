import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { encodeImage } from "@nomad/guest";
import { buildImage, readProgram } from "@nomad/guest/builder";

/** An image that was built, and where it is. */
export interface BuiltImage {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly memoryBytes: number;
}

/**
 * Builds the program in `file` into the image at `path`. Fails with E_IMAGE and the compiler's messages.
 */
export async function buildImageFile(file: string, path: string): Promise<BuiltImage> {
  const name = basename(path, ".nomad");
  const image = await buildImage({ name, ...readProgram(file) });
  const bytes = encodeImage(image);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return { path, name, bytes: bytes.length, memoryBytes: image.manifest.memoryBytes };
}
