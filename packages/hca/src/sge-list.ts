import { SGE_ADDRESS, SGE_BYTES, SGE_LENGTH, SGE_LKEY } from "@nomad/abi";
import { limits } from "@nomad/base";
import { copyBytes } from "./copy.ts";
import type { MemoryRegions } from "./memory-region.ts";
import type { DeviceMemory, TakenReceive } from "./types.ts";

/**
 * The scatter-gather list of one work request: a private copy of what the guest wrote, its keys looked up when their memory
 * is first touched, and again whenever a region has been deregistered since. It remembers where it is: packets touch a
 * message in order.
 */
export class SgeList {
  /** Bytes of all elements; up to 16 * (2^32 - 1). */
  bytes = 0;
  count = 0;
  readonly #addresses = new Float64Array(limits.sgesMax);
  readonly #lengths = new Float64Array(limits.sgesMax);
  readonly #keys = new Uint32Array(limits.sgesMax);
  /** What is added to an address to find it in memory: not 0 in a zero-based region. */
  readonly #bases = new Float64Array(limits.sgesMax);
  readonly #memories: (DeviceMemory | null)[] = new Array<DeviceMemory | null>(limits.sgesMax).fill(null);
  readonly #regions: MemoryRegions;
  #generation = -1;
  #pd = 0;
  #access = 0;
  #inline = false;
  /** The element that the last copy ended in, and the bytes of all before it. */
  #element = 0;
  #before = 0;

  constructor(regions: MemoryRegions) {
    this.#regions = regions;
  }

  /** Copies `count` elements (at most `limits.sgesMax`, inside the memory) from `at`; each will be needed with `access`. */
  load(memory: DeviceMemory, at: number, count: number, pd: number, access: number): void {
    this.#reset(count, pd, access, false);
    for (let i = 0; i < count; i++) {
      const element = at + i * SGE_BYTES;
      const low = memory.view.getUint32(element + SGE_ADDRESS, true);
      const high = memory.view.getUint32(element + SGE_ADDRESS + 4, true);
      const length = memory.view.getUint32(element + SGE_LENGTH, true);
      this.#addresses[i] = high * 2 ** 32 + low;
      this.#lengths[i] = length;
      this.#keys[i] = memory.view.getUint32(element + SGE_LKEY, true);
      this.#memories[i] = null;
      this.bytes += length;
    }
  }

  /** The same elements, already read. */
  adopt(elements: TakenReceive["elements"], pd: number, access: number): void {
    this.#reset(elements.length, pd, access, false);
    for (const [i, { address, length, lkey }] of elements.entries()) {
      this.#addresses[i] = address;
      this.#lengths[i] = length;
      this.#keys[i] = lkey;
      this.#memories[i] = null;
      this.bytes += length;
    }
  }

  /** One element without a key: data inside the work request itself. */
  loadInline(memory: DeviceMemory, at: number, bytes: number): void {
    this.#reset(1, 0, 0, true);
    this.#addresses[0] = at;
    this.#lengths[0] = bytes;
    this.#bases[0] = 0;
    this.#memories[0] = memory;
    this.bytes = bytes;
  }

  address(element: number): number {
    return this.#addresses[element] as number;
  }

  length(element: number): number {
    return this.#lengths[element] as number;
  }

  key(element: number): number {
    return this.#keys[element] as number;
  }

  /** Do the keys of all elements that are not empty give access to all of their memory? */
  accessible(): boolean {
    for (let i = 0; i < this.count; i++) {
      if (this.#lengths[i] !== 0 && this.#resolve(i) === null) return false;
    }
    return true;
  }

  /** Copies the message's bytes from `start` on to `to`; false when a key does not allow it. */
  gather(start: number, count: number, to: Uint8Array, toAt: number): boolean {
    return this.#walk(start, count, to, toAt, true);
  }

  /** Copies bytes into the message's memory from `start` on; false when a key does not allow it. */
  scatter(start: number, count: number, from: Uint8Array, fromAt: number): boolean {
    return this.#walk(start, count, from, fromAt, false);
  }

  #reset(count: number, pd: number, access: number, inline: boolean): void {
    this.count = count;
    this.bytes = 0;
    this.#pd = pd;
    this.#access = access;
    this.#inline = inline;
    this.#generation = this.#regions.generation;
    this.#element = 0;
    this.#before = 0;
  }

  #walk(start: number, count: number, packet: Uint8Array, packetAt: number, gather: boolean): boolean {
    if (start < this.#before) {
      this.#element = 0;
      this.#before = 0;
    }
    let done = 0;
    while (done < count) {
      if (this.#element >= this.count) return false;
      const length = this.#lengths[this.#element] as number;
      const inside = start + done - this.#before;
      if (inside >= length) {
        this.#element++;
        this.#before += length;
        continue;
      }
      const part = Math.min(length - inside, count - done);
      const memory = this.#resolve(this.#element) ?? this.#resolvePart(this.#element, inside, part);
      if (memory === null) return false;
      const address = (this.#addresses[this.#element] as number) + (this.#bases[this.#element] as number) + inside;
      if (gather) copyBytes(packet, packetAt + done, memory.bytes, address, part);
      else copyBytes(memory.bytes, address, packet, packetAt + done, part);
      done += part;
    }
    return true;
  }

  /** An element may go beyond its region as long as no data comes to be there, as receives of adapters may. */
  #resolvePart(i: number, inside: number, count: number): DeviceMemory | null {
    const address = (this.#addresses[i] as number) + inside;
    const region = this.#regions.local(this.#keys[i] as number, this.#pd, address, count, this.#access);
    if (region === null) return null;
    this.#bases[i] = region.base;
    return region.memory;
  }

  #resolve(i: number): DeviceMemory | null {
    if (!this.#inline && this.#generation !== this.#regions.generation) {
      this.#memories.fill(null);
      this.#generation = this.#regions.generation;
    }
    const known = this.#memories[i];
    if (known) return known;
    const address = this.#addresses[i] as number;
    const length = this.#lengths[i] as number;
    const region = this.#regions.local(this.#keys[i] as number, this.#pd, address, length, this.#access);
    const memory = region === null ? null : region.memory;
    this.#memories[i] = memory;
    if (region !== null) this.#bases[i] = region.base;
    return memory;
  }
}
