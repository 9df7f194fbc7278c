import { type Cancel, type Clock, defaults, type Lid, type Random } from "@nomad/base";
import { type DeviceLimits, Hca, type HcaEvents } from "@nomad/hca";
import { Fabric, memoryLinkPair } from "@nomad/wire";

/** Packets that one turn may send before sockets have theirs. */
const packetsPerTurn = 512;

/** An adapter on a fabric, and who gives it its turns. */
export interface AdapterPort {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly fabric: Fabric;
  readonly clock: Clock;
  /** The adapter may have something to do: it has its turn at the end of this turn of the event loop. */
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
 * A port without guests. Whatever gives the adapter work asks for a turn; all that comes in one turn of
 * the event loop is answered together at its end: packets share frames, and acknowledgements ride along with data.
 */
export class Port implements AdapterPort {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly fabric: Fabric;
  readonly clock: Clock;
  #turnIsDue = false;
  #closed = false;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => {};

  constructor(options: PortOptions, events: HcaEvents) {
    const { clock } = options;
    this.clock = clock;
    this.lid = options.lid as Lid;
    this.fabric = new Fabric({
      onPacket: (bytes, offset, length, slid, mlid) =>
        this.hca.receive(bytes, offset, length, slid, clock.now(), mlid === 0 ? this.lid : mlid),
      onFrameEnd: () => this.turnSoon(),
      onWritable: (dlid) => {
        this.hca.transmitReady(dlid);
        this.turnSoon();
      },
    });
    this.hca = new Hca({ ...options, lid: this.lid, egress: this.fabric, events });
    const loopback = memoryLinkPair({ scheduler: clock, bufferedBytesMax: defaults.linkBufferedBytesMax });
    this.fabric.join(this.lid, loopback.a, loopback.b);
  }

  turnSoon(): void {
    if (this.#turnIsDue || this.#closed) return;
    this.#turnIsDue = true;
    this.clock.after(0, this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnIsDue = false;
    if (this.#closed) return;
    const now = this.clock.now();
    const deadline = this.hca.deadline();
    if (deadline !== null && deadline <= now) this.hca.tick(now);
    const more = this.hca.run(now, packetsPerTurn);
    this.fabric.flush();
    if (more) this.turnSoon();
    this.#sleep();
  };

  /** A timer that is too early does no harm, so it stays when the deadline recedes: with each message, that is. */
  #sleep(): void {
    const at = this.hca.deadline();
    if (at === null || at >= this.#timerAt) return;
    this.#timerAt = at;
    this.#cancelTimer();
    this.#cancelTimer = this.clock.after(Math.max(0, at - this.clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#turn();
    });
  }

  close(): void {
    this.hca.run(this.clock.now(), packetsPerTurn);
    this.fabric.flush();
    this.#closed = true;
    this.#cancelTimer();
    this.fabric.close();
  }
}
