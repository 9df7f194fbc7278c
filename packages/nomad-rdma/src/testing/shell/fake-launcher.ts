// A process that starts a lab of fake daemons and prints their pids: `node fake-launcher.ts [keep]`.
import { Lab } from "../../lab/shell/lab.ts";
import { fakeCommands } from "./fake-commands.ts";

const lab = await Lab.start({ hosts: ["host-a", "host-b"], commands: fakeCommands(), log: () => 2 });
if (process.argv[2] === "keep") lab.keep();
process.stdout.write(`${JSON.stringify(lab.all.map((daemon) => daemon.pid))}\n`);
