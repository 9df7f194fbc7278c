import { resolve } from "node:path";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { initProject } from "../lab/shell/init-project.ts";

const nextSteps = `Next: nomad-rdma image build guest.ts
      nomad-rdma validate
      nomad-rdma lab up -d`;

/** `init`: a lab file and a guest of one's own to begin with. */
export function init(cli: Cli): Command {
  return new Command("init")
    .description("write a lab file and the program of a guest to begin with")
    .argument("[directory]", "where to", ".")
    .option("--force", "overwrite what is there")
    .action((directory: string, options: { force?: true }, command: Command) =>
      cli.finish(command, async () => {
        const files = initProject(resolve(cli.cwd, directory), options.force ?? false);
        return { ok: true, json: { ok: true, files }, text: [...files, nextSteps].join("\n") };
      }),
    );
}
