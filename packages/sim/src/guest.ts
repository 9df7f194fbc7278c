import { VMM_BELL, VMM_SHUTDOWN } from "@nomad/abi";
import { deviceMemory } from "@nomad/backend";
import { assert, type Cancel, type Clock } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";

/** What a program sees of the machine that it runs on, which is another one after a move. */
export interface Machine {
  readonly memory: DeviceMemory;
  /** The operator wants it to end. */
  readonly shutdown: boolean;
  /** Ring the host's bell. */
  bell(): void;
}

/**
 * A program of a simulated guest: runs until it yields, and may be stopped and moved only there. It yields how long it
 * rests, ms (nothing: a moment), and answers its exit code.
 */
export type Program = (machine: Machine) => Generator<number | undefined, number>;

/**
 * A program under way. In a simulation it need not be written down to be moved: its variables go with the generator,
 * all that the adapter sees is in the machine's memory.
 */
export class Execution implements Machine {
  machine: SimGuest | null = null;
  readonly #steps: Generator<number | undefined, number>;

  constructor(program: Program) {
    this.#steps = program(this);
  }

  get #current(): SimGuest {
    assert(this.machine, "a program runs on a machine");
    return this.machine;
  }

  /** The machine's memory of now: hold on to this, not to what is in it. */
  readonly memory: DeviceMemory = liveMemory(() => this.#current.memory);

  get shutdown(): boolean {
    return this.#current.shutdown;
  }

  bell(): void {
    Atomics.add(this.memory.words, VMM_BELL >> 2, 1);
  }

  step(): IteratorResult<number | undefined, number> {
    return this.#steps.next();
  }
}

function liveMemory(now: () => DeviceMemory): DeviceMemory {
  return {
    get bytes() {
      return now().bytes;
    },
    get view() {
      return now().view;
    },
    get words() {
      return now().words;
    },
  };
}

/** How long a guest rests that does not say, ms. */
const restMs = 0.1;

export interface GuestEvents {
  readonly onStep: () => void;
  readonly onBell: () => void;
  readonly onExit: (exitCode: number) => void;
}

/** A guest's virtual machine in a simulation: memory, and a program that is stepped by the clock. */
export class SimGuest {
  readonly memory: DeviceMemory;
  readonly #clock: Clock;
  readonly #events: GuestEvents;
  #execution: Execution | null = null;
  #cancel: Cancel = () => {};
  #heard = 0;
  /** How much longer it rests than it says. */
  #slowness = 1;

  constructor(clock: Clock, memoryBytes: number, events: GuestEvents) {
    this.#clock = clock;
    this.#events = events;
    this.memory = deviceMemory(new SharedArrayBuffer(memoryBytes));
  }

  get shutdown(): boolean {
    return Atomics.load(this.memory.words, VMM_SHUTDOWN >> 2) !== 0;
  }

  askToEnd(): void {
    Atomics.store(this.memory.words, VMM_SHUTDOWN >> 2, 1);
  }

  run(execution: Execution): void {
    execution.machine = this;
    this.#execution = execution;
    this.#next(restMs);
  }

  stop(): void {
    this.#execution = null;
    this.#cancel();
  }

  /** It does not run for this share of the time. */
  throttle(share: number): void {
    this.#slowness = 1 / (1 - share);
  }

  #next(restMs: number): void {
    this.#cancel = this.#clock.after(restMs * this.#slowness, () => this.#step());
  }

  #step(): void {
    if (!this.#execution) return;
    this.#events.onStep();
    const result = this.#execution.step();
    const rung = Atomics.load(this.memory.words, VMM_BELL >> 2);
    if (rung !== this.#heard) {
      this.#heard = rung;
      this.#events.onBell();
    }
    if (!this.#execution) return;
    if (!result.done) return this.#next(result.value ?? restMs);
    this.#execution = null;
    this.#events.onExit(result.value);
  }
}
