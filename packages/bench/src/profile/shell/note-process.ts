// Loaded first in each process that is sampled: a profile's name tells the process' number, and this whose it was.
import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import { isMainThread } from "node:worker_threads";
import { processesVariable } from "../processes.ts";

const file = process.env[processesVariable];
if (isMainThread && file !== undefined) {
  const [, program = "", ...args] = process.argv;
  appendFileSync(file, `${process.pid} ${[basename(program), ...args].join(" ")}\n`);
}
