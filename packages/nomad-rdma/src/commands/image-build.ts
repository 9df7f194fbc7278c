import { basename, join } from "node:path";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { imagesOf } from "../lab/shell/images.ts";
import { bytes } from "../output/format.ts";

/** `image build FILE`: compiles a guest's program into an image. */
export function imageBuild(cli: Cli): Command {
  return new Command("build")
    .description("build the image of a guest from a program in AssemblyScript")
    .argument("<file>", "the program's source")
    .option(
      "-o, --output <path>",
      "where the image goes (default: NAME.nomad where the labs of this machine look for images)",
    )
    .action((file: string, options: { output?: string }, command: Command) =>
      cli.finish(command, async () => {
        const { buildImageFile } = await import("../lab/shell/build-image-file.ts");
        const built = await buildImageFile(
          file,
          options.output ?? join(imagesOf(cli), `${basename(file, ".ts")}.nomad`),
        );
        return {
          ok: true,
          json: { ok: true, ...built },
          text: `${built.path} (${bytes(built.memoryBytes)} of memory)`,
        };
      }),
    );
}
