import { timings } from "@nomad/base";

/** What can be asked for a sign of life: a WebSocket. */
export interface Pingable {
  ping(): void;
}

/**
 * Notices that the other side is silent though nobody closed the connection: a network that was cut, a machine that
 * stands still. TCP alone would tell after a quarter of an hour. Pings once every `heartbeatMs` and calls `onSilent`
 * when nothing was heard for as many of them as make up `hostDeadMs`. Ticks are counted, not time: after this
 * process itself has stood still, the other side gets its full chance.
 */
export class Liveness {
  readonly #timer: NodeJS.Timeout;
  #silentTicks = 0;

  constructor(socket: Pingable, onSilent: () => void) {
    const silentTicksMax = Math.ceil(timings.hostDeadMs / timings.heartbeatMs);
    this.#timer = setInterval(() => {
      if (this.#silentTicks >= silentTicksMax) return onSilent();
      this.#silentTicks++;
      socket.ping();
    }, timings.heartbeatMs);
    this.#timer.unref();
  }

  /** Something has come from the other side. */
  heard(): void {
    this.#silentTicks = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
