import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { encodeImage, imagesFolder } from "@nomad/guest";
import { buildImage, readProgram } from "@nomad/guest/builder";

/** An image that was built, and where it is. */
export interface BuiltImage {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly memoryBytes: number;
}

/**
 * Builds the program in `file` (NAME.ts) into an image: at `output`, or as NAME.nomad beside the images that come with
 * Nomad, where hosts look. Fails with E_IMAGE and the compiler's messages.
 */
export async function buildImageFile(file: string, output?: string): Promise<BuiltImage> {
  const name = basename(file, ".ts");
  const image = await buildImage({ name, ...readProgram(file) });
  const bytes = encodeImage(image);
  const path = output ?? join(imagesFolder, `${name}.nomad`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return { path, name, bytes: bytes.length, memoryBytes: image.manifest.memoryBytes };
}
