import { arch, cpus, loadavg, release, totalmem, type } from "node:os";

/** Where something was measured, for whoever reads it elsewhere. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run, averaged over a minute: above 1 before the measurement the machine was not quiet. */
  readonly load: number;
}

/** This machine, as it is just now. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
}
