import { crc32 } from "node:zlib";
import { NomadError } from "@nomad/base";
import type { AuthenticatedSocket } from "@nomad/wire";
import type { BulkFaults } from "../../faults/shell/bulk-faults.ts";
import { decodeFrame, encodeControl, moveKey } from "../bulk-frame.ts";
import { PageHasher } from "../page-hasher.ts";
import { PageHashes } from "../page-hashes.ts";
import { PageReceiver } from "../page-receiver.ts";

interface Destination {
  readonly receiver: PageReceiver;
  readonly hashes: PageHashes;
  /** The connection that carries the move: the first that spoke for it. */
  socket: AuthenticatedSocket | null;
}

/** The moves to this host: takes their frames from any bulk connection, and closes those that send another. */
export class BulkDestinations {
  framesRefused = 0;
  readonly #module: WebAssembly.Module;
  readonly #byKey = new Map<string, Destination>();

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** Throws E_STATE when the move is expected already. */
  expect(move: string, memory: WebAssembly.Memory): void {
    const key = moveKey(move);
    if (this.#byKey.has(key)) throw new NomadError("E_STATE", `move ${move} is expected already`);
    const receiver = new PageReceiver(Buffer.from(memory.buffer));
    const hashes = new PageHashes(new PageHasher(this.#module, memory));
    this.#byKey.set(key, { receiver, hashes, socket: null });
  }

  /** Of the memory of a move to here, as its pages stood when the last of them came. */
  digest(move: string): string | undefined {
    return this.#byKey.get(moveKey(move))?.hashes.digest();
  }

  forget(move: string): void {
    const key = moveKey(move);
    this.#byKey.get(key)?.socket?.close();
    this.#byKey.delete(key);
  }

  /** A new connection, of some source. */
  serve(socket: AuthenticatedSocket, faults: BulkFaults): void {
    socket.onMessage = faults.from(socket.peer.name, (bytes) => {
      const refusal = this.#receive(socket, bytes);
      if (refusal === null) return;
      this.framesRefused++;
      socket.close(new NomadError("E_FRAME", refusal));
    });
  }

  /** Why the frame is refused, or null. */
  #receive(socket: AuthenticatedSocket, bytes: Uint8Array): string | null {
    const frame = decodeFrame(bytes, crc32);
    if (typeof frame === "string") return frame;
    const destination = this.#byKey.get(frame.move);
    if (destination === undefined) return "a move that is not expected here";
    destination.socket ??= socket;
    if (destination.socket !== socket) return "a move that another connection carries";
    const reception = destination.receiver.receive(frame);
    if ("refusal" in reception) return reception.refusal;
    destination.hashes.written(frame.pages);
    if (reception.answer) socket.send(encodeControl(reception.answer, crc32));
    if (frame.type === "round-end") destination.hashes.complete();
    return null;
  }
}
