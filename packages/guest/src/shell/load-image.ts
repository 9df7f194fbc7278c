import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { limits, NomadError } from "@nomad/base";
import { type Image, parseImage } from "../image.ts";

/** Where the images of this package's programs are: NAME.nomad each. */
export const imagesFolder: string = resolve(import.meta.dirname, "../../images");

/**
 * The image `name` of a folder. Throws E_IMAGE when there is none or it is damaged, and whatever else `parseImage` does.
 */
export async function loadImage(name: string, folder: string = imagesFolder): Promise<Image> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new NomadError("E_IMAGE", `${JSON.stringify(name)} is no image's name`);
  const path = join(folder, `${name}.nomad`);
  const { size } = await stat(path).catch((cause) => {
    throw new NomadError("E_IMAGE", `there is no image ${name} in ${folder}`, { cause });
  });
  if (size > limits.imageBytesMax) {
    throw new NomadError("E_TOO_LARGE", `${path} has ${size} bytes, at most ${limits.imageBytesMax} are allowed`);
  }
  return parseImage(await readFile(path));
}
