import { resolve } from "node:path";
import { NomadError } from "@nomad/base";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { type LabFile, labFileName } from "../lab/lab-file.ts";
import { imageProblem, imagesOf } from "../lab/shell/images.ts";
import { readLabFile } from "../lab/shell/read-lab-file.ts";
import { plural } from "../output/format.ts";

/** `validate [FILE]`: is a lab file right, and are the images of its guests there? Nothing is changed. */
export function validate(cli: Cli): Command {
  return new Command("validate")
    .description("check a lab file and the images of its guests; changes nothing")
    .argument("[file]", "the lab file", labFileName)
    .action((file: string, _options: object, command: Command) =>
      cli.finish(command, async () => {
        const path = resolve(cli.cwd, file);
        const lab = readLabFile(path);
        const problems = await wrongImages(lab, imagesOf(cli));
        if (problems.length > 0) throw new NomadError("E_CONFIG", `${path}: ${problems.join("; ")}`);
        const { name, hosts, guests, partitions } = lab;
        return {
          ok: true,
          json: { ok: true, file: path, name, hosts, guests: guests.map((guest) => guest.name), partitions },
          text: `${path} is right: ${plural(hosts.length, "host")}, ${plural(guests.length, "guest")}, ${plural(partitions.length, "partition")}`,
        };
      }),
    );
}

async function wrongImages(lab: LabFile, folder: string): Promise<string[]> {
  const names = [...new Set(lab.guests.map(({ image }) => image))];
  const problems = await Promise.all(names.map((name) => imageProblem(name, folder)));
  return problems.filter((problem) => problem !== undefined);
}
