import { Command } from "commander";
import type { Cli } from "./cli.ts";
import { capture } from "./commands/capture.ts";
import { central } from "./commands/central.ts";
import { complete, completion } from "./commands/completion.ts";
import { dashboard } from "./commands/dashboard.ts";
import { dissect } from "./commands/dissect.ts";
import { doctor } from "./commands/doctor.ts";
import { evacuate } from "./commands/evacuate.ts";
import { evaluate } from "./commands/evaluate.ts";
import { faultAdd } from "./commands/fault-add.ts";
import { faultLift } from "./commands/fault-lift.ts";
import { faultLs } from "./commands/fault-ls.ts";
import { guestLogs } from "./commands/guest-logs.ts";
import { guestLs } from "./commands/guest-ls.ts";
import { guestRun } from "./commands/guest-run.ts";
import { guestStop } from "./commands/guest-stop.ts";
import { host } from "./commands/host.ts";
import { imageBuild } from "./commands/image-build.ts";
import { init } from "./commands/init.ts";
import { labDemo } from "./commands/lab-demo.ts";
import { labDown } from "./commands/lab-down.ts";
import { labRun } from "./commands/lab-run.ts";
import { labUp } from "./commands/lab-up.ts";
import { migrate } from "./commands/migrate.ts";
import { mpirun } from "./commands/mpirun.ts";
import { npb } from "./commands/npb.ts";
import { perf } from "./commands/perf.ts";
import { sim } from "./commands/sim.ts";
import { status } from "./commands/status.ts";
import { validate } from "./commands/validate.ts";

type Verb = (cli: Cli) => Command;

/** Verbs by what they are about, in the order in which the help shows them. */
const groups: Readonly<Record<string, { about: string; verbs: readonly Verb[] }>> = {
  lab: { about: "start, show and end a lab on this machine", verbs: [labUp, labRun, labDown, labDemo] },
  guest: { about: "run guests", verbs: [guestRun, guestLs, guestLogs, guestStop] },
  fault: { about: "make links suffer", verbs: [faultAdd, faultLs, faultLift] },
  image: { about: "build images of guests", verbs: [imageBuild] },
};
const single: readonly Verb[] = [
  doctor,
  init,
  validate,
  migrate,
  evacuate,
  mpirun,
  npb,
  perf,
  evaluate,
  status,
  dashboard,
  capture,
  dissect,
  sim,
  central,
  host,
  completion,
];

const environmentHelp = `
Environment: NOMAD_LAB, NOMAD_SECRET_FILE, NOMAD_TLS_CERT, NOMAD_TLS_KEY, NOMAD_TLS_CA, NOMAD_IMAGES, NO_COLOR.
Results are on stdout, everything else is on stderr. Exit codes: 0 success, 1 failure, 2 wrong usage.`;

/** The whole command line. It throws CommanderError instead of ending the process. */
export function makeProgram(cli: Cli, version: string): Command {
  const program = new Command("nomad-rdma")
    .description("Live migration of OS-bypass (InfiniBand-style) networking, without RDMA hardware.")
    .version(version, "-V, --version")
    .option("--json", "one line of JSON as the result, the last on stdout")
    .option("-v, --verbose", "log more (-vv: even more)", (_value, before: number) => before + 1, 0)
    .option("--lab <url>", "the lab to talk to (else NOMAD_LAB, the nearest .nomad/lab.json, http://127.0.0.1:4790)")
    .option("--secret-file <path>", "the lab's secret (else NOMAD_SECRET_FILE, .nomad/secret)")
    .option("--tls-cert <path>", "speak TLS, with this certificate (else NOMAD_TLS_CERT); daemons alone need one")
    .option("--tls-key <path>", "its key (else NOMAD_TLS_KEY)")
    .option("--tls-ca <path>", "the authority that signs the lab's certificates (else NOMAD_TLS_CA)")
    .addHelpText("after", environmentHelp);
  for (const [name, { about, verbs }] of Object.entries(groups)) {
    const group = new Command(name).description(about);
    for (const verb of verbs) group.addCommand(verb(cli));
    program.addCommand(group);
  }
  for (const verb of single) program.addCommand(verb(cli));
  program.addCommand(complete(cli), { hidden: true });
  for (const command of descendants(program)) prepare(command, cli);
  return program;
}

function prepare(command: Command, cli: Cli): void {
  command
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    // The error itself is told in our own two lines.
    .configureOutput({ writeOut: (text) => cli.terminal.out(text.trimEnd()), outputError: () => {} });
}

function descendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => descendants(child as Command))];
}
