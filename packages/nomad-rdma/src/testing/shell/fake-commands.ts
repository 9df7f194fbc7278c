import { fileURLToPath } from "node:url";
import type { DaemonCommands } from "../../lab/shell/lab.ts";

const program = fileURLToPath(new URL("./fake-daemon.ts", import.meta.url));

/** Command lines of fake daemons, of which some may misbehave, by name. */
export function fakeCommands(behaviour: Readonly<Record<string, string>> = {}): DaemonCommands {
  const command = (role: string, name: string): readonly [string, ...string[]] => [
    process.execPath,
    program,
    role,
    name,
    behaviour[name] ?? "well",
  ];
  return { central: () => command("central", "central"), host: ({ name }) => command("host", name) };
}
