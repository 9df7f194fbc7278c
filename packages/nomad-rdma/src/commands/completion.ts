import { Argument, Command } from "commander";
import type { Cli, Globals } from "../cli.ts";
import { candidates } from "../completion/candidates.ts";
import { completionScripts } from "../completion/scripts.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `completion SHELL`: what a shell evaluates to complete our command lines. */
export function completion(cli: Cli): Command {
  return new Command("completion")
    .description('print the completion of a shell; in bash: eval "$(nomad-rdma completion bash)"')
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(completionScripts)))
    .action((shell: keyof typeof completionScripts, _options: object, command: Command) =>
      cli.finish(command, async () => {
        const script = completionScripts[shell];
        return { ok: true, json: { ok: true, shell, script }, text: script };
      }),
    );
}

/** `complete LINE`: asked by those scripts; what may stand at the line's end, one a line. */
export function complete(cli: Cli): Command {
  return new Command("complete")
    .argument("<line>", "the command line up to the cursor")
    .action((line: string, _options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const found = candidates(command.parent ?? command, line);
        const words = "words" in found ? found.words : await namesOf(cli, globals, found.names);
        return { ok: true, json: { ok: true, words }, text: words.join("\n") };
      }),
    );
}

async function namesOf(cli: Cli, globals: Globals, kind: "guests" | "hosts"): Promise<string[]> {
  const status = await connectToLab(cli, globals).status();
  return status[kind].map(({ name }) => name);
}
