import { HC_ATTACH_MCAST, HC_DETACH_MCAST } from "../../abi/src/hypercall.ts";
import { argument, begin, bytes, call } from "./hypercall.ts";

const GID_BYTES = 16;

/** A multicast group, by its identifier (16 bytes) and multicast LID (0xc000 to 0xfffe); the two belong together. */
@final
export class Group {
  constructor(
    readonly mgid: Uint8Array,
    readonly mlid: u32,
  ) {}

  /** A transient, link-local group (IBA 4.1.1) of the program's own number, up to 0x3ffe. */
  static numbered(number: u32): Group {
    const mgid = new Uint8Array(GID_BYTES);
    mgid[0] = 0xff;
    mgid[1] = 0x12;
    mgid[GID_BYTES - 2] = <u8>(number >> 8);
    mgid[GID_BYTES - 1] = <u8>number;
    return new Group(mgid, 0xc000 + number);
  }

  /** ibv_attach_mcast: 0 or a negative errno. */
  attach(vqpn: u32): i32 {
    return this.ask(HC_ATTACH_MCAST, vqpn);
  }

  /** ibv_detach_mcast: as `attach`. */
  detach(vqpn: u32): i32 {
    return this.ask(HC_DETACH_MCAST, vqpn);
  }

  private ask(operation: u32, vqpn: u32): i32 {
    begin();
    argument(vqpn);
    argument(this.mlid);
    bytes(this.mgid);
    return call(operation);
  }
}
