import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NomadError } from "@nomad/base";
import { type Image, parseImage } from "@nomad/guest";

/** The images of a directory, NAME.nomad each, read once. */
export class ImageStore {
  readonly #directory: string;
  readonly #images = new Map<string, Promise<Image>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Rejects with E_IMAGE, E_IMAGE_ABI, E_IMAGE_HASH or E_TOO_LARGE. `hash`: of the image's code, when it is known. */
  async get(name: string, hash: string | null): Promise<Image> {
    const loading = this.#images.get(name) ?? this.#load(name);
    this.#images.set(name, loading);
    loading.catch(() => this.#images.delete(name));
    const image = await loading;
    if (hash !== null && image.manifest.sha256 !== hash) {
      throw new NomadError("E_IMAGE_HASH", `image ${name} here is not the one that the guest was started from`);
    }
    return image;
  }

  async #load(name: string): Promise<Image> {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw new NomadError("E_IMAGE", `${JSON.stringify(name)} is not an image's name`);
    const path = join(this.#directory, `${name}.nomad`);
    const bytes = await readFile(path).catch((cause) => {
      throw new NomadError("E_IMAGE", `no image ${name}: ${path} cannot be read`, { cause });
    });
    return parseImage(bytes);
  }
}
