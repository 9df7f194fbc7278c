import { crc32 } from "node:zlib";
import { EHOSTUNREACH, VMM_PAGE_BYTES } from "@nomad/abi";
import { assert, type Lid, limits, Random, type VLid } from "@nomad/base";
import { type Egress, Hca, type Names } from "@nomad/hca";
import { isMulticastLid } from "@nomad/iba";
import { Backend } from "../backend.ts";
import { deviceMemory } from "../device-memory.ts";
import type { BackendEvents } from "../events.ts";
import * as migration from "../migration/index.ts";
import { Guest } from "./guest.ts";

interface Packet {
  readonly from: Lid;
  readonly to: Lid;
  readonly dlid: Lid;
  readonly bytes: Uint8Array;
}

/** Hosts' adapters and back-ends joined directly, and guests that the test itself is the program of. Nothing happens until `settle`. */
export class Lab {
  readonly hosts: readonly Backend[];
  readonly guests: Guest[] = [];
  now = 0;
  /** Does a packet arrive? */
  passes: () => boolean = () => true;
  /** Look-ups that took a message to another host. */
  lookups = 0;
  readonly #packets: Packet[] = [];
  readonly #answers: (() => void)[] = [];

  constructor(hosts: number, names: Names = "random") {
    this.hosts = Array.from({ length: hosts }, (_, i) => this.#makeHost((i + 1) as Lid, names));
  }

  /** A guest on the host with this LID. */
  boot(lid: number): Guest {
    const guest = new Guest(this, (0x1001 + this.guests.length) as VLid, this.host(lid));
    this.guests.push(guest);
    return guest;
  }

  host(lid: number): Backend {
    const host = this.hosts[lid - 1];
    assert(host, `there is a host ${lid}`);
    return host;
  }

  /** Lets packets and answers go their ways until nothing happens any more. */
  settle(): void {
    for (let busy = true; busy; ) {
      for (const answer of this.#answers.splice(0)) answer();
      for (const { from, to, dlid, bytes } of this.#packets.splice(0))
        this.host(to).hca.receive(bytes, 0, bytes.length, from, this.now, dlid);
      busy = false;
      for (const { hca } of this.hosts) busy = hca.run(this.now, 64) || busy;
      busy ||= this.#packets.length > 0 || this.#answers.length > 0;
    }
  }

  /** Moves a guest as the coordinators do; `meanwhile` is called when it has stopped and is bound nowhere. */
  move(guest: Guest, to: number, meanwhile: () => void = () => {}): void {
    const { vlid, host: source } = guest;
    const destination = this.host(to);
    guest.epoch++;
    const [own, peers] = [`${vlid}/${guest.epoch}/own`, `${vlid}/${guest.epoch}/peers`];
    const memory = deviceMemory(new SharedArrayBuffer(guest.memory.bytes.length));
    const preview = new migration.Preview(source, source.device(vlid));
    const told = { ...preview.objects, qps: preview.next(limits.qpsPerGuestMax) };
    // As it comes over the wire, here and below.
    const prepared = migration.presetup(destination, structuredClone(told), { memory, move: own }, this.now);
    migration.suspend(source, vlid, own, this.now);
    for (const host of this.hosts) migration.suspendPeers(host, vlid, peers, this.now);
    this.settle();
    const active = new Set(migration.activeOf(source, vlid, own));
    const cuts = this.hosts.flatMap((host) => migration.cutPeers(host, vlid, peers, active).cuts);
    const { changes } = migration.detach(source, vlid, preview);
    meanwhile();
    this.settle();
    memory.bytes.set(guest.memory.bytes.subarray(VMM_PAGE_BYTES), VMM_PAGE_BYTES);
    if (!changes.gone) migration.free(destination, prepared);
    const at = { memory, epoch: guest.epoch, move: own, cuts, prepared: changes.gone && prepared };
    const resumes = migration.bind(destination, structuredClone(changes), at, this.now);
    migration.release(source, vlid);
    Object.assign(guest, { memory, host: destination });
    const device = migration.admit(destination, vlid);
    migration.open(destination, device);
    const place = { move: peers, epoch: guest.epoch, dlid: destination.lid, names: migration.namesOf(device, resumes) };
    for (const host of this.hosts) migration.resumePeers(host, vlid, place, this.now);
    migration.openTowards(destination, vlid, own, "all", this.now);
    this.settle();
  }

  /** A move that is undone when all is suspended; `meanwhile` is called then. */
  abort(guest: Guest, meanwhile: () => void): void {
    const { vlid, host } = guest;
    const move = `${vlid}/aborted`;
    migration.suspend(host, vlid, move, this.now);
    for (const peer of this.hosts) migration.suspendPeers(peer, vlid, move, this.now);
    for (const peer of this.hosts) migration.cutPeers(peer, vlid, move, null);
    migration.detach(host, vlid, null);
    meanwhile();
    guest.epoch++;
    migration.reopen(host, vlid, guest.epoch);
    const place = { move, epoch: guest.epoch, dlid: host.lid, names: [] };
    for (const peer of this.hosts) migration.resumePeers(peer, vlid, place, this.now);
    migration.openTowards(host, vlid, move, "all", this.now);
    this.settle();
  }

  #makeHost(lid: Lid, names: Names): Backend {
    const egress = this.#egress(lid);
    const random = new Random(lid);
    return new Backend({
      lid,
      events: this.#events(lid),
      makeHca: (events) => new Hca({ lid, random, crc32, icrc: false, egress, events, names }),
    });
  }

  #egress(from: Lid): Egress {
    const bytes = new Uint8Array(limits.packetBytesMax);
    const slot = { bytes, view: new DataView(bytes.buffer), offset: 0 };
    let dlid = from;
    return {
      reserve: (target) => {
        dlid = target;
        return slot;
      },
      commit: (length) => {
        const others = this.hosts.map((host) => host.lid).filter((lid) => lid !== from);
        for (const to of isMulticastLid(dlid) ? others : [dlid])
          if (this.passes()) this.#packets.push({ from, to, dlid, bytes: bytes.slice(0, length) });
      },
    };
  }

  #events(lid: Lid): BackendEvents {
    const here = () => this.host(lid);
    const home = (vlid: VLid) => this.guests.find((guest) => guest.vlid === vlid)?.host;
    const later = (answer: () => void) => {
      this.lookups++;
      this.#answers.push(answer);
    };
    const ignore = () => {};
    return {
      connect: ({ vlid, sequence, remote }) => {
        const address = home(remote.vlid)?.addressOf(remote.vlid, remote.vqpn, vlid) ?? -EHOSTUNREACH;
        here().connected(vlid, sequence, address, this.now);
      },
      resolve: ({ vlid, owner, vkey, wanted }) =>
        later(() => here().resolved(vlid, owner, vkey, wanted, home(owner)?.keyOf(owner, vkey) ?? null)),
      address: ({ vlid, remote, work }) =>
        later(() => {
          const address = home(remote.vlid)?.addressOf(remote.vlid, remote.vqpn, vlid) ?? null;
          here().addressed(vlid, remote, work, address);
        }),
      identify: ({ slid, qpn }) => later(() => here().identified(slid, qpn, this.host(slid).nameOf(qpn) ?? null)),
      publish: ignore,
      lookup: ignore,
      report: ignore,
      log: ignore,
      drained: ignore,
    };
  }
}
