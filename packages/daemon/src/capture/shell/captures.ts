import { randomBytes } from "node:crypto";
import type { Central, Message } from "@nomad/protocol";
import type { CaptureRequest, LabEvent } from "@nomad/protocol/http";
import { type CaptureLab, CaptureSession } from "../capture-session.ts";
import { CaptureStream } from "./capture-stream.ts";

/** The captures of a lab that somebody reads. */
export class Captures {
  readonly #lab: CaptureLab;
  readonly #sessions = new Map<string, CaptureSession>();

  constructor(lab: CaptureLab) {
    this.#lab = lab;
  }

  /**
   * Begins a capture; resolves when every host concerned captures, with its file as it grows. Rejects with E_NO_HOST,
   * E_NO_GUEST, E_STATE, E_USAGE, E_BUSY or E_TIMEOUT.
   */
  async open(request: CaptureRequest): Promise<CaptureStream> {
    const id = randomBytes(8).toString("hex");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stream: CaptureStream = new CaptureStream(id, {
      onRead: (from, bytes) => session.read(from, bytes),
      onClose: () => session.end(),
    });
    const session = new CaptureSession(id, request, this.#lab, {
      onStarted: resolve,
      onBlocks: (blocks, from) => stream.push(blocks, from),
      onEnd: (error) => {
        this.#sessions.delete(id);
        stream.end();
        // After the start, the end of the file is all that its reader is told.
        if (error) reject(error);
      },
    });
    this.#sessions.set(id, session);
    session.begin();
    await promise;
    return stream;
  }

  onEvent(event: LabEvent): void {
    for (const session of [...this.#sessions.values()]) session.onEvent(event);
  }

  take(from: string, m: Extract<Message, { kind: "CAPTURED" }>): void {
    this.#sessions.get(m.capture)?.take(from, m);
  }

  /** Ends a capture; one that has ended already is no error. */
  end(id: string): void {
    this.#sessions.get(id)?.end();
  }
}

/** What of central's process captures need. */
export interface CaptureCentral {
  readonly core: Central;
  turn(): void;
  send(to: string, message: Message): void;
}

/** Central, as captures see it. */
export function captureLab(central: CaptureCentral, clock: () => number): CaptureLab {
  const { core } = central;
  return {
    directory: core.directory,
    version: core.status().central.version,
    placesOf: (guest) =>
      core.status().moves.flatMap((move) => (move.guest === guest && move.outcome === "" ? [move.from, move.to] : [])),
    ask: (to, message, o) => {
      // The core's own time is that of its last input, from which the request would be counted.
      core.tick(clock());
      const asked = core.ask(to, message, o);
      // We may be within a turn, whose own effects come first.
      queueMicrotask(() => central.turn());
      return asked;
    },
    tell: (to, notice) => central.send(to, notice),
    timeNs: () => BigInt(Math.round(clock() * 1000)) * 1000n,
  };
}
