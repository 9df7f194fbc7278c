import type { Qp as EnrolledQp, ProgramQp, RemoteName } from "@nomad/backend";
import { type Clock, defaults, type Lid, type Random, Turns } from "@nomad/base";
import { type DeviceLimits, type DeviceMemory, Hca, type HcaEvents, type QpAttributes } from "@nomad/hca";
import { Fabric, memoryLinkPair } from "@nomad/wire";
import { type Subnet, UnmanagedSubnet } from "./subnet.ts";

/** Packets that one turn may send before sockets have theirs. */
const packetsPerTurn = 512;

/**
 * A lab's names: guests find a program's queue pairs by them, a program those of guests, and whoever of them moves keeps
 * his. A raw context's queue pairs cannot be held, and pin the guests that they are connected to.
 */
export interface LabNames {
  /** Before all else; `memory` holds the program's queues. */
  open(memory: DeviceMemory): void;
  /** Guests may connect to the queue pair from now on. */
  enrol(qpn: number, record: ProgramQp): EnrolledQp;
  withdraw(qp: EnrolledQp): void;
  /** Takes a queue pair to RTR. Rejects with E_UNREACHABLE, E_TIMEOUT, E_STATE or E_VERB. */
  connect(qp: EnrolledQp, remote: RemoteName, attributes: QpAttributes): Promise<void>;
  /** Rejects with E_TIMEOUT when central does not answer. */
  publish(key: string, value: string): Promise<void>;
  /** What has been published under the key, or null. Rejects with E_TIMEOUT when central does not answer. */
  lookup(key: string): Promise<string | null>;
}

/** An adapter on a fabric, and who gives it its turns. */
export interface AdapterPort {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly subnet: Subnet;
  /** Null outside of a lab. */
  readonly names: LabNames | null;
  /** The adapter may have something to do: it has its turn when all is done that goes on now. */
  turnSoon(): void;
  /** What is posted and can go at once does; nothing comes any more. */
  close(): void;
}

export interface PortOptions {
  /** The port's LID, 1 to 0xbfff. */
  readonly lid: number;
  /** Are ICRCs written and checked? All ports of a fabric must agree. */
  readonly icrc: boolean;
  /** Of queue pair numbers and key variants. */
  readonly random: Random;
  readonly crc32: (bytes: Uint8Array, value?: number) => number;
  readonly clock: Clock;
  readonly outstandingPacketsMax?: number;
  /** Where the adapter is to have less room than adapters usually have. */
  readonly limits?: Partial<DeviceLimits>;
}

/**
 * A port without guests. What a program posts goes out when the program has done with what woke it. What comes in is
 * answered together with that, or when there is nothing more to take: acknowledgements are few, or ride along with data.
 */
export class Port implements AdapterPort {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly subnet: Subnet;
  readonly names = null;
  readonly #turns: Turns;

  constructor(options: PortOptions, events: HcaEvents) {
    const { clock } = options;
    this.clock = clock;
    this.lid = options.lid as Lid;
    const deadline = () => this.hca.deadline() ?? Number.POSITIVE_INFINITY;
    this.#turns = new Turns(clock, { turn: (now) => this.#turn(now), deadline });
    let cameAt = 0;
    this.fabric = new Fabric({
      onFrame: () => {
        cameAt = clock.now();
      },
      onPacket: (bytes, offset, length, slid, mlid) =>
        this.hca.receive(bytes, offset, length, slid, cameAt, mlid === 0 ? this.lid : mlid),
      onFrameEnd: () => this.#turns.later(),
      onWritable: (dlid) => {
        this.hca.transmitReady(dlid);
        this.turnSoon();
      },
    });
    this.hca = new Hca({ ...options, lid: this.lid, egress: this.fabric, events });
    this.subnet = new UnmanagedSubnet(this.hca);
    const loopback = memoryLinkPair({ scheduler: clock, bufferedBytesMax: defaults.linkBufferedBytesMax });
    this.fabric.join(this.lid, loopback.a, loopback.b);
  }

  turnSoon(): void {
    this.#turns.soon();
  }

  #turn(now: number): boolean {
    const deadline = this.hca.deadline();
    if (deadline !== null && deadline <= now) this.hca.tick(now);
    const more = this.hca.run(now, packetsPerTurn);
    this.fabric.flush();
    return more;
  }

  close(): void {
    this.#turn(this.clock.now());
    this.#turns.close();
    this.fabric.close();
  }
}
