import type { LabProcess } from "../lab-state.ts";
import { DaemonProcess, type Exit } from "./daemon-process.ts";

/** What a lab is made of, and how its daemons are started. */
export interface LabOptions {
  readonly hosts: readonly string[];
  readonly commands: DaemonCommands;
  /** Where each daemon's log goes; see `DaemonOptions.log`. */
  readonly log: (name: string) => ((line: string) => void) | number;
  /** Called when a process ends that nobody asked to. */
  readonly onDeath?: (process: DaemonProcess, exit: Exit) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The command lines of the daemons. */
export interface DaemonCommands {
  central(): readonly [string, ...string[]];
  host(o: { name: string; index: number; central: string }): readonly [string, ...string[]];
}

/** One central and its hosts, each a process. They end when this object is disposed of, or when we die. */
export class Lab implements AsyncDisposable {
  readonly central: DaemonProcess;
  readonly hosts: readonly DaemonProcess[];
  #ending = false;
  #kept = false;

  private constructor(central: DaemonProcess, hosts: readonly DaemonProcess[], onDeath: LabOptions["onDeath"]) {
    this.central = central;
    this.hosts = hosts;
    for (const process of this.all) {
      void process.exited.then((exit) => {
        if (!this.#ending && !this.#kept) onDeath?.(process, exit);
      });
    }
  }

  /** Resolves when all are ready. When one fails to start, or the signal comes, the others are ended first. */
  static async start(options: LabOptions): Promise<Lab> {
    const { signal } = options;
    const central = await DaemonProcess.start({
      role: "central",
      name: "central",
      command: options.commands.central(),
      log: options.log("central"),
      signal,
    });
    const starting = options.hosts.map((name, index) => {
      const command = options.commands.host({ name, index, central: central.url });
      return DaemonProcess.start({ role: "host", name, command, log: options.log(name), signal });
    });
    const settled = await Promise.allSettled(starting);
    const hosts = settled.filter((result) => result.status === "fulfilled").map((result) => result.value);
    const failed = settled.find((result) => result.status === "rejected");
    if (!failed) return new Lab(central, hosts, options.onDeath);
    await Promise.all([central, ...hosts].map((process) => process.end()));
    throw failed.reason;
  }

  /** Have its processes been asked to end? What they then say of each other's end is no news. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Where central answers. */
  get url(): string {
    return this.central.url;
  }

  get all(): readonly DaemonProcess[] {
    return [this.central, ...this.hosts];
  }

  get processes(): LabProcess[] {
    return this.all.map(({ role, name, pid }) => ({ role, name, pid }));
  }

  /** Resolves when the last process is gone. */
  get ended(): Promise<unknown> {
    return Promise.all(this.all.map((process) => process.exited));
  }

  /** Leaves the lab up when this object is disposed of and when this process ends. */
  keep(): void {
    this.#kept = true;
    for (const process of this.all) process.keep();
  }

  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.all.map((process) => process.end()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#kept) await this.end();
  }
}
