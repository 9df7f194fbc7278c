import type { Lid, Qpn } from "@nomad/base";
import { FramePool, type FrameSlot, FrameWriter, forEachPacket, isMulticast } from "./frame.ts";
import type { Link } from "./link.ts";
import type { PacketTap } from "./tap.ts";

export interface FabricEvents {
  /** A frame has come, whose packets follow. */
  readonly onFrame: () => void;
  /** One packet has come from the port `slid`, for this port or for the group `mlid`, if that is not 0. Valid during the call only. */
  readonly onPacket: (bytes: Uint8Array, offset: number, length: number, slid: Lid, mlid: Lid) => void;
  /** All packets of a frame have been given. */
  readonly onFrameEnd: () => void;
  /** The link to this port, which had no room, has room again. */
  readonly onWritable: (lid: Lid) => void;
  /** Something is to be sent to a port, or a group, that no link leads to; where links are made on demand, it is now. */
  readonly onUnreached?: (dlid: Lid) => void;
}

interface Port {
  readonly link: Link;
  readonly writer: FrameWriter;
  /** It leads back to this port. */
  readonly loopback: boolean;
}

/**
 * A host's port on the wire: a link to each other port, by LID. Gathers the adapter's packets into frames, which
 * `flush` sends; takes frames apart. What goes to a LID that nobody has is lost, and the sender's timers notice. What goes
 * to a multicast group goes to every other port, as through a switch that knows no members: ports without any drop it.
 */
export class Fabric {
  readonly #events: FabricEvents;
  readonly #pool = new FramePool();
  readonly #ports = new Map<Lid, Port>();
  readonly #nowhere: FrameSlot;
  #reserved: FrameWriter | null = null;
  #slot: FrameSlot | null = null;
  #dlid = 0 as Lid;
  /** Those that may hold a frame which is not full; one that was written to again and again may be here more than once. */
  #written: FrameWriter[] = [];

  constructor(events: FabricEvents) {
    this.#events = events;
    this.#nowhere = this.#pool.take();
  }

  /** Sees every packet, while somebody captures. */
  tap: PacketTap | null = null;

  /** Frames that did not follow the format, on all links. */
  framesRefused = 0;

  /** The link to a port, in place of the one before. `receiver`: its other end, for a link to oneself. */
  join(lid: Lid, link: Link, receiver: Link = link): void {
    this.remove(lid);
    this.#ports.set(lid, { link, writer: new FrameWriter(link, this.#pool), loopback: link !== receiver });
    const onPacket = (bytes: Uint8Array, offset: number, length: number, mlid: number) => {
      if (this.tap !== null) this.tap.received(bytes, offset, length, lid);
      this.#events.onPacket(bytes, offset, length, lid, mlid as Lid);
    };
    receiver.onFrame = (frame) => {
      this.#events.onFrame();
      if (!forEachPacket(frame, onPacket)) this.#refuse(receiver);
      this.#events.onFrameEnd();
    };
    link.onWritable = () => this.#events.onWritable(lid);
  }

  #refuse(link: Link): void {
    this.framesRefused++;
    link.counters.framesRefused++;
  }

  link(lid: Lid): Link | undefined {
    return this.#ports.get(lid)?.link;
  }

  remove(lid: Lid): void {
    const port = this.#ports.get(lid);
    this.#ports.delete(lid);
    port?.link.close();
    // The adapter may have been waiting for room: let it find that there is none to wait for.
    if (port) this.#events.onWritable(lid);
  }

  /** Room for one packet towards a port; null while its link holds too much. See `FrameWriter.reserve`. */
  reserve(dlid: Lid, bytes: number): FrameSlot | null {
    this.#reserved = (this.#ports.get(dlid) ?? this.#reach(dlid))?.writer ?? null;
    this.#dlid = dlid;
    this.#slot = this.#reserved ? this.#reserved.reserve(bytes) : this.#nowhere;
    return this.#slot;
  }

  #reach(dlid: Lid): Port | undefined {
    if (this.#events.onUnreached === undefined) return undefined;
    this.#events.onUnreached(dlid);
    return this.#ports.get(dlid);
  }

  /** The packet in the slot reserved last is complete; the queue pair `from` sends it. */
  commit(bytes: number, from: Qpn): void {
    if (this.tap !== null && this.#slot !== null)
      this.tap.sent(this.#slot.bytes, this.#slot.offset, bytes, this.#dlid, from);
    if (this.#reserved !== null) this.#commit(this.#reserved, bytes);
    else if (isMulticast(this.#dlid)) this.#flood(bytes);
  }

  #commit(writer: FrameWriter, bytes: number, mlid = 0): void {
    writer.commit(bytes, mlid);
    if (this.#written.at(-1) !== writer) this.#written.push(writer);
  }

  /** A datagram is lost where there is no room for it. */
  #flood(bytes: number): void {
    const packet = this.#nowhere.bytes.subarray(this.#nowhere.offset, this.#nowhere.offset + bytes);
    for (const { writer, loopback } of this.#ports.values()) {
      const slot = loopback ? null : writer.reserve(bytes);
      if (slot === null) continue;
      slot.bytes.set(packet, slot.offset);
      this.#commit(writer, bytes, this.#dlid);
    }
  }

  flush(): void {
    if (this.#written.length === 0) return;
    const written = this.#written;
    this.#written = [];
    for (const writer of written) writer.flush();
  }

  close(): void {
    for (const { link } of this.#ports.values()) link.close();
    this.#ports.clear();
  }
}
