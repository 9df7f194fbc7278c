import { crc32 } from "node:zlib";
import { EAGAIN, EHOSTUNREACH } from "@nomad/abi";
import { Backend, type BackendEvents, deviceMemory, migration } from "@nomad/backend";
import { assert, type Lid, limits, Random, type VLid } from "@nomad/base";
import type { Image } from "@nomad/guest";
import { type Egress, Hca, type Names, type PacketSlot } from "@nomad/hca";
import { isMulticastLid } from "@nomad/iba";
import { Bell } from "../../host/shell/bells.ts";
import { GuestVm } from "../shell/guest-vm.ts";
import { copyMemory } from "./moves.ts";

/** A guest of the test hosts, and what it has said. */
export interface HostedGuest {
  readonly vlid: VLid;
  vm: GuestVm;
  host: Backend;
  epoch: number;
  bell: Bell;
  readonly lines: string[];
  report: string;
  readonly exited: PromiseWithResolvers<number>;
}

interface Flight {
  readonly from: Lid;
  readonly to: Lid;
  /** `to`, or a multicast group. */
  readonly dlid: Lid;
  readonly bytes: Uint8Array;
}

/** Hosts in one process, with real adapters and back-ends; packets go from one to the other at once. */
export class TestHosts implements AsyncDisposable {
  readonly #hosts = new Map<Lid, Backend>();
  readonly #guests = new Map<VLid, HostedGuest>();
  readonly #published = new Map<string, string>();
  readonly #flights: Flight[] = [];
  readonly #names: Names;
  #open = true;

  constructor(hosts: number, names: Names = "random") {
    this.#names = names;
    for (let lid = 1; lid <= hosts; lid++) this.#addHost(lid as Lid);
    this.#pump();
  }

  /** Boots a guest; its vLID is 100 and up. */
  async boot(host: number, image: Image, given: Record<string, string>): Promise<HostedGuest> {
    const vlid = (100 + this.#guests.size) as VLid;
    const backend = this.#host(host as Lid);
    const vm = await GuestVm.create({ name: given.name ?? "guest", image });
    const memory = deviceMemory(vm.memory);
    backend.create(vlid, memory, 1);
    const exited = Promise.withResolvers<number>();
    const bell = new Bell(memory, () => backend.bell(vlid, performance.now()));
    const guest: HostedGuest = { vlid, vm, host: backend, epoch: 1, bell, lines: [], report: "{}", exited };
    this.#guests.set(vlid, guest);
    this.#watch(guest);
    vm.boot({ arguments: given });
    return guest;
  }

  /** Moves a guest; resolves to how many of its work requests were posted and not completed on the way. */
  async move(guest: HostedGuest, image: Image, to: number): Promise<number> {
    const { vlid, host: source } = guest;
    const destination = this.#host(to as Lid);
    const [own, peers] = [`${vlid}/${++guest.epoch}/own`, `${vlid}/${guest.epoch}/peers`];
    migration.suspend(source, vlid, own, performance.now());
    await this.#until(() => source.hca.drained(own));
    for (const host of this.#hosts.values()) migration.suspendPeers(host, vlid, peers, performance.now());
    await this.#until(() => [...this.#hosts.values()].every((host) => host.hca.drained(peers)));
    const state = await guest.vm.stop(2000);
    const { changes, held } = migration.detach(source, vlid, null);
    const active = new Set(migration.activeOf(source, vlid, own));
    const cuts = [...this.#hosts.values()].flatMap((host) => migration.cutPeers(host, vlid, peers, active).cuts);
    const vm = await GuestVm.create({ name: guest.vm.name, image });
    copyMemory(guest.vm.memory, vm.memory);
    const memory = deviceMemory(vm.memory);
    const at = { memory, epoch: guest.epoch, move: own, cuts, prepared: null };
    const resumes = migration.bind(destination, changes, at, performance.now());
    await vm.prepareRestore(state);
    guest.bell.close();
    migration.release(source, vlid);
    await guest.vm.destroy();
    guest.bell = new Bell(memory, () => destination.bell(vlid, performance.now()));
    Object.assign(guest, { vm, host: destination });
    this.#watch(guest);
    const device = migration.admit(destination, vlid);
    migration.open(destination, device);
    vm.run();
    const place = { move: peers, epoch: guest.epoch, dlid: destination.lid, names: migration.namesOf(device, resumes) };
    for (const host of this.#hosts.values()) migration.resumePeers(host, vlid, place, performance.now());
    migration.openTowards(destination, vlid, own, "all", performance.now());
    return held;
  }

  /** A host that is gone: its guests stop, packets to it get lost. */
  async kill(host: number): Promise<void> {
    this.#hosts.delete(host as Lid);
    for (const guest of this.#guests.values()) {
      if (guest.host.lid !== host) continue;
      guest.bell.close();
      await guest.vm.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const guest of this.#guests.values()) {
      guest.bell.close();
      await guest.vm.destroy();
    }
  }

  #watch(guest: HostedGuest): void {
    guest.vm.onExit = guest.exited.resolve;
    guest.vm.onTrap = guest.exited.reject;
  }

  #host(lid: Lid): Backend {
    const host = this.#hosts.get(lid);
    assert(host !== undefined, `there is a host ${lid}`);
    return host;
  }

  #addHost(lid: Lid): void {
    const random = new Random(lid);
    const egress = this.#egress(lid);
    const events = this.#events(() => this.#hosts.get(lid));
    const host = new Backend({
      lid,
      events,
      makeHca: (hcaEvents) =>
        new Hca({ lid, random, crc32, icrc: false, egress, events: hcaEvents, names: this.#names }),
    });
    this.#hosts.set(lid, host);
  }

  #egress(from: Lid): Egress {
    const bytes = new Uint8Array(limits.packetBytesMax);
    const slot: PacketSlot = { bytes, view: new DataView(bytes.buffer), offset: 0 };
    let dlid = from;
    return {
      reserve: (target) => {
        dlid = target;
        return this.#flights.length < 1000 ? slot : null;
      },
      commit: (length) => {
        const others = [...this.#hosts.keys()].filter((lid) => lid !== from);
        for (const to of isMulticastLid(dlid) ? others : [dlid])
          this.#flights.push({ from, to, dlid, bytes: bytes.slice(0, length) });
      },
    };
  }

  #events(host: () => Backend | undefined): BackendEvents {
    const guest = (vlid: VLid) => this.#guests.get(vlid);
    return {
      connect: ({ vlid, sequence, remote }) => {
        const address = guest(remote.vlid)?.host.addressOf(remote.vlid, remote.vqpn, vlid) ?? -EHOSTUNREACH;
        host()?.connected(vlid, sequence, address, performance.now());
      },
      resolve: ({ vlid, owner, vkey, wanted }) =>
        queueMicrotask(() => {
          const key = guest(owner)?.host.keyOf(owner, vkey) ?? null;
          host()?.resolved(vlid, owner, vkey, wanted, key);
        }),
      address: ({ vlid, remote, work }) =>
        queueMicrotask(() => {
          const address = guest(remote.vlid)?.host.addressOf(remote.vlid, remote.vqpn, vlid) ?? null;
          host()?.addressed(vlid, remote, work, address);
        }),
      identify: ({ slid, qpn }) =>
        queueMicrotask(() => host()?.identified(slid, qpn, this.#hosts.get(slid)?.nameOf(qpn) ?? null)),
      publish: ({ vlid, sequence, key, value }) => {
        this.#published.set(key, value);
        queueMicrotask(() => host()?.answer(vlid, sequence, { status: 0 }));
      },
      lookup: ({ vlid, sequence, key }) => {
        const value = this.#published.get(key);
        const data = new TextEncoder().encode(value ?? "");
        queueMicrotask(() => host()?.answer(vlid, sequence, { status: value === undefined ? -EAGAIN : 0, data }));
      },
      report: (vlid, json) => {
        const reporter = guest(vlid);
        if (reporter) reporter.report = json;
      },
      log: (vlid, line) => guest(vlid)?.lines.push(line),
      drained: () => {},
    };
  }

  /** Carries packets and runs the adapters, as long as the hosts are open. */
  #pump(): void {
    if (!this.#open) return;
    const now = performance.now();
    for (const { from, to, dlid, bytes } of this.#flights.splice(0)) {
      this.#hosts.get(to)?.hca.receive(bytes, 0, bytes.length, from, now, dlid);
      this.#hosts.get(from)?.hca.transmitReady(to);
    }
    let busy = this.#flights.length > 0;
    for (const { hca } of this.#hosts.values()) {
      hca.tick(now);
      busy = hca.run(now, 64) || busy;
    }
    if (busy || this.#flights.length > 0) setImmediate(() => this.#pump());
    else setTimeout(() => this.#pump(), 0);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }
}
