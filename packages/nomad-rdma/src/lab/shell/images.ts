import { NomadError } from "@nomad/base";
import { imagesFolder, loadImage } from "@nomad/guest";
import type { Cli } from "../../cli.ts";

/** Where the hosts of labs on this machine find images: NOMAD_IMAGES, else beside the programs that come with Nomad. */
export function imagesOf(cli: Cli): string {
  return cli.environment.NOMAD_IMAGES ?? imagesFolder;
}

/** What is wrong with the image `name` of a folder, in one sentence; undefined when a guest can start from it. */
export async function imageProblem(name: string, folder: string): Promise<string | undefined> {
  try {
    await loadImage(name, folder);
    return undefined;
  } catch (error) {
    if (!(error instanceof NomadError)) throw error;
    return `${error.message}; ${error.nextStep}`;
  }
}
