import { type Timings, timings } from "@nomad/base";
import { InvalidArgumentError, Option } from "commander";

/** `--timing NAME=MS`, as often as wanted: how long things may take, instead of the defaults. */
export function timingOption(): Option {
  return new Option("--timing <name=ms>", `how long things may take, the same in all processes of a lab: ${names}`)
    .env("NOMAD_TIMING")
    .argParser(timing)
    .default(timings, "the defaults");
}

const names = Object.keys(timings).join(", ");

const isName = (name: string): name is keyof Timings => Object.hasOwn(timings, name);

/** Takes one setting, or several with commas between them, into those before. */
export function timing(text: string, before: Timings): Timings {
  const set = { ...before };
  for (const word of text.split(",")) {
    const [name = "", value = ""] = word.split("=");
    if (!isName(name) || !/^\d+$/.test(value))
      throw new InvalidArgumentError(`expected NAME=MS, NAME one of ${names}.`);
    Object.assign(set, { [name]: Number(value) });
  }
  if (set.hostDeadMs < 3 * set.heartbeatMs)
    throw new InvalidArgumentError(
      "a host must not be declared dead for one lost heartbeat: 3 heartbeatMs <= hostDeadMs.",
    );
  return set;
}
