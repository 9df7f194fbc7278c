import { MW_TYPE_1, MW_TYPE_2, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import {
  faultKinds,
  type Lid,
  type LKey,
  limits,
  type Psn,
  type Qpn,
  ruledTraffic,
  type VKey,
  type VLid,
  type VQpn,
} from "@nomad/base";
import { GLOBAL_ID_BYTES } from "@nomad/iba";
import { z } from "zod";
import { name, portState } from "./http/schema.ts";

// Schemas of what messages are made of. Numbers get their brands here, at the edge.
const u32 = z.int().min(0).max(0xffff_ffff);
const u24 = z.int().min(0).max(0xff_ffff);
const u16 = z.int().min(0).max(0xffff);
const branded = <T extends number>(schema: z.ZodType<number>) => schema as unknown as z.ZodType<T>;

export const lid = branded<Lid>(u16);
export const vlid = branded<VLid>(u16);
export const qpn = branded<Qpn>(u24);
export const vqpn = branded<VQpn>(u24);
export const psn = branded<Psn>(u24);
export const vkey = branded<VKey>(u32);
const lkey = branded<LKey>(u32);

export { name } from "./http/schema.ts";

/** As enum ibv_port_state counts; it has no 0. */
export const portStateNames = [undefined, ...portState.options] as const;
export type PortStateName = z.infer<typeof portState>;
export { portState } from "./http/schema.ts";

const globalId: z.ZodType<Uint8Array> = z
  .instanceof(Uint8Array)
  .refine((gid) => gid.length === GLOBAL_ID_BYTES, "a GID has 16 bytes");
/** What the subnet manager assigns to a port besides its LID: PortInfo, GUIDInfo and P_KeyTable (IBA 14.2.5). */
export const portSettings = z.object({
  gids: z.array(globalId).min(1).max(128),
  pkeys: z.array(u16).min(1).max(128),
});
export type PortSettings = z.infer<typeof portSettings>;

export const pathQuery = z.object({
  dlid: u16.exactOptional(),
  dgid: globalId.exactOptional(),
  pkey: u16.exactOptional(),
});
export const pathRecord = z.object({
  sgid: globalId,
  dgid: globalId,
  slid: lid,
  dlid: lid,
  pkey: u16,
  mtu: z.int().min(1).max(5),
  rate: z.int().min(0).max(63),
  sl: z.int().min(0).max(15),
  packetLifeTime: z.int().min(0).max(63),
});

/** A host as the others see it: where its port is and how to reach it. */
export const hostEntry = z.object({
  name,
  lid,
  url: z.string().max(255),
  incarnation: z.string().max(64),
  lost: z.boolean(),
});
export type HostEntry = z.infer<typeof hostEntry>;

/** A guest's queue pair. */
export const remoteName = z.object({ vlid, vqpn });

const atomics = z
  .array(z.object({ psn, original: z.bigint() }))
  .max(256)
  .readonly();
const refusal = u32.nullable();

/** What one end of a connection reports to the other; the shape is hca's `QpCut`. */
const qpCut = z.object({
  sqPsn: psn.nullable(),
  unackedPsn: psn,
  busy: z.boolean(),
  rqPsn: psn.nullable(),
  atomics,
  refusal,
});

export const peerCut = z.object({ vlid, vqpn, toVqpn: vqpn, dlid: lid, qpn, cut: qpCut });
export const peerName = z.object({ vqpn, qpn, resume: z.object({ vlid, vqpn, cut: qpCut }).nullable() });

/** Which packets of an adapter to capture: those to which all that is not null applies. */
export const captureFilter = z.object({
  /** A guest, and a queue pair as its program sees it. */
  vlid: vlid.nullable(),
  vqpn: vqpn.nullable(),
  /** A queue pair of the adapter or of its peer, as it stands in packets. */
  qpn: qpn.nullable(),
  /** The port at the other end. */
  peer: lid.nullable(),
});
export type CaptureFilter = z.infer<typeof captureFilter>;

/** A fault that an operator has added; the rule's shape is wire's `FaultRule`. */
export const standingFault = z.object({
  id: z.string().min(1).max(limits.nameCharsMax),
  seed: u32,
  leftMs: z.number().nonnegative().nullable(),
  rule: z.object({
    kind: z.enum(faultKinds).exclude(["pass"]),
    /** Central's journal is no host's to strike. */
    on: z.array(z.enum(ruledTraffic).exclude(["journal"])),
    from: name.nullable(),
    to: name.nullable(),
    bothWays: z.boolean(),
    message: z.string().max(limits.nameCharsMax).nullable(),
    opcodes: z.array(z.int().min(0).max(255)).max(256).nullable(),
    qp: z.object({ vlid: vlid.nullable(), vqpn: vqpn.nullable(), qpn: qpn.nullable() }).nullable(),
    chance: z.number().min(0).max(1),
    timesMax: z.int().nonnegative(),
    ms: z.number().nonnegative(),
  }),
});
export type StandingFault = z.infer<typeof standingFault>;
/** How many a fault has hit at one end. */
export const faultHits = z.object({ id: z.string().max(limits.nameCharsMax), hits: z.int().nonnegative() });

const ring = { record: u32, ring: u32, entries: z.int().min(1).max(limits.ringEntriesMax) };
const workRing = z.object({ ...ring, maxSge: z.int().min(0).max(limits.sgesMax) });
const qpState = z.union([0, 1, 2, 3, 4, 5, 6].map((state) => z.literal(state as 0 | 1 | 2 | 3 | 4 | 5 | 6)));

const started = z.object({
  opcode: u32,
  flags: u32,
  firstPsn: psn,
  packets: u24,
  bytes: z.int().min(0),
  skipped: z.int().min(0),
  status: u32,
});
const taken = z.object({
  id: z.bigint().min(0n),
  elements: z.array(z.object({ address: z.number(), length: u32, lkey, name: u32 })).max(limits.sgesMax),
});
const qpType = z.union([z.literal(QPT_RC), z.literal(QPT_UC), z.literal(QPT_UD)]);
const mwType = z.union([z.literal(MW_TYPE_1), z.literal(MW_TYPE_2)]);
const binding = z.object({ region: vkey, address: u32, length: u32, access: u32, vqpn: vqpn.nullable() });
const group = z.object({ mlid: u16, mgid: z.instanceof(Uint8Array) });

const qpSnapshot = z.object({
  type: u32,
  state: qpState,
  attributes: z.object({
    access: u32,
    pathMtu: u32,
    timeout: u32,
    retryCnt: u32,
    rnrRetry: u32,
    rqPsn: psn,
    sqPsn: psn,
    maxRdAtomic: u32,
    maxDestRdAtomic: u32,
    minRnrTimer: u32,
    destQpn: qpn,
    dlid: lid,
    remoteEpoch: u32,
    pkeyIndex: u16.exactOptional(),
    port: u32.exactOptional(),
    qkey: u32.exactOptional(),
    enSqdAsyncNotify: u32.exactOptional(),
  }),
  sqPsn: psn,
  unackedPsn: psn,
  started: z.array(started).max(limits.ringEntriesMax),
  drainEventDue: z.boolean(),
  rqPsn: psn,
  msn: u24,
  sqConsumer: u32,
  rqConsumer: u32,
  signalAll: z.boolean(),
  userIndex: u32,
  atomics,
  refusal,
  established: z.boolean(),
  lastWqeTold: z.boolean(),
  written: z.int().min(0).max(limits.messageBytesMax),
  taken: taken.nullable(),
});

/** What makes a guest's device again; the shape is backend's `DeviceSnapshot`. */
export const deviceSnapshot = z.object({
  vlid,
  pds: z.array(u32).max(limits.pdsPerGuestMax),
  cqs: z.array(z.object({ cq: u32, location: z.object(ring), channel: u32 })).max(limits.cqsPerGuestMax),
  srqs: z.array(z.object({ srq: u32, pd: u32, location: workRing, limit: u32 })).max(limits.srqsPerGuestMax),
  regions: z.array(z.object({ vkey, pd: u32, address: u32, length: u32, access: u32 })).max(limits.mrsPerGuestMax),
  qps: z
    .array(
      z.object({
        vqpn,
        type: qpType,
        pd: u32,
        sendCq: u32,
        recvCq: u32,
        sq: workRing,
        rq: workRing.nullable(),
        srq: u32.nullable(),
        signalAll: z.boolean(),
        remote: remoteName.nullable(),
        remoteEpoch: u32,
        groups: z.array(group).max(limits.groupsPerQpMax),
        snapshot: qpSnapshot,
      }),
    )
    .max(limits.qpsPerGuestMax),
  windows: z.array(z.object({ vkey, pd: u32, type: mwType, bound: binding.nullable() })).max(limits.mwsPerGuestMax),
  asyncEvents: z.array(z.object({ type: u32, number: u32 })).max(limits.asyncEventsPerGuestMax),
  ahs: z
    .array(z.object({ ah: u32, pd: u32, record: u32, dlid: u16, sl: u32, dgid: z.instanceof(Uint8Array).nullable() }))
    .max(limits.ahsPerGuestMax),
  inbound: z.array(u32),
  next: z.object({ pd: u32, cq: u32, region: u32, qp: u32, ah: u32, srq: u32 }),
  last: z
    .object({
      sequence: u32,
      status: z.int(),
      words: z.array(u32).max(64),
      data: z.instanceof(Uint8Array),
    })
    .nullable(),
});

const global = z.discriminatedUnion("type", [
  z.object({
    name: z.string().max(64),
    type: z.literal("i32"),
    value: z
      .int()
      .min(-(2 ** 31))
      .max(2 ** 31 - 1),
  }),
  z.object({ name: z.string().max(64), type: z.literal("i64"), value: z.bigint() }),
  z.object({
    name: z.string().max(64),
    type: z.enum(["f32", "f64"]),
    value: z.union([z.number(), z.nan(), z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])]),
  }),
]);

/** What of a stopped guest is not in its memory. The destination's VMM checks it against the image once more. */
export const vmState = z.object({
  globals: z.array(global).max(4096),
  clockNs: z.bigint(),
  shutdown: z.boolean(),
  running: z.boolean(),
});
export type VmState = z.infer<typeof vmState>;
