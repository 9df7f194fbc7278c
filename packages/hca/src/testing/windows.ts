import {
  ACCESS_MW_BIND,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  MW_TYPE_2,
  WR_BIND_MW,
  WR_LOCAL_INV,
  WR_RDMA_READ,
} from "@nomad/abi";
import type { RKey } from "@nomad/base";
import type { Hca } from "../hca.ts";
import type { MwBinding } from "../queues/index.ts";
import type { MemoryWindow, MwType } from "../types.ts";
import { ACCESS_ALL, bringUp, connectedPair, Endpoint } from "./endpoint.ts";
import type { Fabric } from "./fabric.ts";

/** What windows of a test give, unless it says otherwise. */
export const WINDOW_ACCESS = ACCESS_REMOTE_READ | ACCESS_REMOTE_WRITE | ACCESS_REMOTE_ATOMIC;

/** The next key of a window: its variant is the program's to choose. */
export const nextKey = (rkey: RKey): RKey => (((rkey & ~0xff) | ((rkey + 1) & 0xff)) >>> 0) as RKey;

/** A connection whose end `b` owns the memory that windows are bound to; `a` is its peer. */
export class WindowLab {
  readonly fabric: Fabric;
  readonly a: Endpoint;
  readonly b: Endpoint;

  constructor(fabric: Fabric) {
    this.fabric = fabric;
    [this.a, this.b] = connectedPair(fabric, { access: ACCESS_ALL | ACCESS_MW_BIND });
  }

  get hca(): Hca {
    return this.b.adapter.hca;
  }

  alloc(type: MwType = MW_TYPE_2): MemoryWindow {
    return this.hca.allocMw(this.b.pd, type);
  }

  /** Binds a window to bytes 100 to 299 of `b`, or as `change` says; its status and new key. */
  bind(mw: MemoryWindow, change: Partial<MwBinding> = {}, by = this.b): readonly [status: number, rkey: RKey] {
    const rkey = nextKey(mw.rkey);
    const { region, data } = this.b;
    const usual = { type: mw.type, lkey: region.lkey, address: data + 100, length: 200, access: WINDOW_ACCESS };
    by.post({ id: 9n, opcode: WR_BIND_MW, rkey, bind: { ...usual, ...change } });
    return [this.#status(by), rkey];
  }

  /** The status of an access of `by` through the key, at an offset of `b`'s data. */
  access(rkey: RKey, opcode: number = WR_RDMA_READ, offset = 100, length = 8, by = this.a): number {
    by.post({ id: 1n, opcode, sges: [by.sge(0, length)], remoteAddress: this.b.data + offset, rkey });
    return this.#status(by);
  }

  invalidate(rkey: RKey, by = this.b): number {
    by.post({ id: 3n, opcode: WR_LOCAL_INV, rkey });
    return this.#status(by);
  }

  /** Another connection between the same adapters, at `b`'s in its protection domain. */
  secondPair(): readonly [x: Endpoint, y: Endpoint] {
    const [x, y] = [new Endpoint(this.a.adapter), new Endpoint(this.b.adapter)];
    this.hca.destroyQp(y.qpn);
    y.pd = this.b.pd;
    y.qpn = this.hca.createQp(y.qpInit);
    bringUp(x, y, 1, 2);
    bringUp(y, x, 2, 1);
    return [x, y];
  }

  #status(by: Endpoint): number {
    this.fabric.settle();
    return by.sendCq.drain()[0]?.status ?? -1;
  }
}
