import { assert, type Clock, NomadError, unreachable, type VLid } from "@nomad/base";
import type { Settle } from "@nomad/daemon/host";
import type { Created, VmmAction } from "@nomad/protocol";
import { Execution, type Program, SimGuest } from "./guest.ts";

export interface MachinesOptions {
  readonly clock: Clock;
  readonly memoryBytes: number;
  /** Programs by the name of their image. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Programs under way by guest, shared by all hosts. */
  readonly executions: Map<VLid, Execution>;
  readonly onStep: (vlid: VLid) => void;
  readonly onBell: (vlid: VLid) => void;
  readonly onExit: (vlid: VLid, exitCode: number) => void;
}

/** How long the VMM takes for anything, ms of virtual time. */
const vmmMs = 0.2;

/** A host's virtual machines in a simulation. */
export class Machines {
  readonly #o: MachinesOptions;
  readonly #guests = new Map<VLid, SimGuest>();
  readonly #images = new Map<VLid, string>();

  constructor(options: MachinesOptions) {
    this.#o = options;
  }

  perform(vlid: VLid, action: VmmAction, done: Settle): void {
    this.#o.clock.after(vmmMs, () => done(settled(() => this.#perform(vlid, action))));
  }

  /** The guest's memory. Throws E_NO_GUEST. */
  guest(vlid: VLid): SimGuest {
    const guest = this.#guests.get(vlid);
    if (!guest) throw new NomadError("E_NO_GUEST", `no machine of guest ${vlid} is here`);
    return guest;
  }

  #perform(vlid: VLid, action: VmmAction): unknown {
    switch (action.do) {
      case "create":
        return this.#create(vlid, action.image);
      case "boot":
        return this.#boot(vlid);
      case "stop":
        this.guest(vlid).stop();
        return { globals: [], clockNs: 0n, shutdown: this.guest(vlid).shutdown, running: true };
      case "restore":
        if (action.state.shutdown) this.guest(vlid).askToEnd();
        return undefined;
      case "resume":
      case "run":
        return this.guest(vlid).run(this.#execution(vlid));
      case "throttle":
        return this.guest(vlid).throttle(action.share);
      case "shutdown":
        return this.guest(vlid).askToEnd();
      case "destroy":
        this.#guests.get(vlid)?.stop();
        return void this.#guests.delete(vlid);
      default:
        return unreachable(action);
    }
  }

  #create(vlid: VLid, image: string): Created {
    const { clock, memoryBytes, onStep, onBell, onExit } = this.#o;
    assert(!this.#guests.has(vlid), "a guest has one machine at a host");
    const events = {
      onStep: () => onStep(vlid),
      onBell: () => onBell(vlid),
      onExit: (exitCode: number) => onExit(vlid, exitCode),
    };
    const guest = new SimGuest(clock, memoryBytes, events);
    this.#guests.set(vlid, guest);
    this.#images.set(vlid, image);
    return { memory: guest.memory, imageHash: "0".repeat(64) };
  }

  #boot(vlid: VLid): void {
    const program = this.#o.programs.get(this.#images.get(vlid) ?? "");
    if (!program) throw new NomadError("E_IMAGE", `no program ${this.#images.get(vlid)}`);
    this.#o.executions.set(vlid, new Execution(program));
    this.guest(vlid).run(this.#execution(vlid));
  }

  #execution(vlid: VLid): Execution {
    const execution = this.#o.executions.get(vlid);
    assert(execution, "a guest that runs was booted");
    return execution;
  }

  /** Has the guest a machine here, running or not? */
  has(vlid: VLid): boolean {
    return this.#guests.has(vlid);
  }

  /** Power off. */
  crash(): void {
    for (const guest of this.#guests.values()) guest.stop();
    this.#guests.clear();
  }
}

/** How work ended, for who waits for it. */
export function settled(work: () => unknown): Parameters<Settle>[0] {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof NomadError) return { error };
    throw error;
  }
}
