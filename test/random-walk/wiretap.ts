import type { Lid } from "@nomad/base";
import type { TestFabric } from "@nomad/verbs/testing";
import type { SentPacket } from "../kit/capture-file.ts";

/** Notes every packet that the ports of a fabric send, also those that are lost on their way. */
export class Wiretap {
  readonly packets: SentPacket[] = [];

  attach(fabric: TestFabric): void {
    for (const { port } of fabric.contexts) {
      port.fabric.tap = {
        sent: (bytes, offset, length, dlid) => this.#note(bytes.slice(offset, offset + length), port.lid, dlid),
        received: () => {},
      };
    }
  }

  #note(packet: Uint8Array, slid: Lid, dlid: Lid): void {
    this.packets.push({ packet, slid, dlid });
  }
}
