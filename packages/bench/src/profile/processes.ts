/** The environment variable with the file into which processes that are sampled write who they are, a line each. */
export const processesVariable = "NOMAD_PROFILED_PROCESSES";

const commandCharsMax = 60;

/** Whose a profile is, by its file's name (`CPU.date.time.process.thread.sequence.cpuprofile`) and what processes wrote of themselves. */
export function ownerOf(file: string, processes: string): string {
  const [, , , pid = "", thread = "0"] = file.split(".");
  const line = processes.split("\n").find((line) => line.startsWith(`${pid} `));
  const command = line?.slice(pid.length + 1, pid.length + 1 + commandCharsMax) ?? `process ${pid}`;
  return thread === "0" ? command : `${command}, thread ${thread}`;
}
