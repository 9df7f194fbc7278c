import { type Form, headerFields, readField } from "./dissect-fields.ts";
import * as h from "./header.ts";
import type { Crc32 } from "./icrc.ts";
import { headerBytes, opcodes } from "./opcode.ts";
import { emptyPacket, type Packet, parsePacket } from "./parse.ts";
import { LINKTYPE_ETHERNET } from "./pcapng.ts";
import type { CapturedFrame } from "./pcapng-reader.ts";
import {
  CHECKED_BYTES_MIN,
  checkFrameIcrc,
  FRAME_HEADER_BYTES,
  type IcrcVerdict,
  parseRoceFrame,
  type RoceFrame,
} from "./roce-frame.ts";

/** A field of a header behind the BTH, with its name as in the header's table. */
export interface DissectedField {
  readonly header: string;
  readonly name: string;
  readonly value: number | bigint;
  readonly form: Form;
}

/** The fields of a BTH (IBA 9.2). */
export interface DissectedBth {
  readonly code: number;
  /** The opcode's name, or null when it is not in the table. */
  readonly opcode: string | null;
  readonly solicited: boolean;
  readonly ackRequest: boolean;
  readonly pkey: number;
  readonly destQpn: number;
  readonly psn: number;
}

/** What a frame is. */
export interface Dissection {
  /** Addresses of the ports as 32 bits; null when it is no RoCEv2. */
  readonly addresses: { readonly source: number; readonly destination: number } | null;
  readonly bth: DissectedBth | null;
  readonly fields: readonly DissectedField[];
  /** Without padding. */
  readonly payloadBytes: number;
  readonly icrc: IcrcVerdict | null;
  /** Why it cannot be dissected further, as parse.ts or roce-frame.ts name it; null when it can. */
  readonly fault: string | null;
}

/** With less than a BTH there is nothing to put together. */
const headersBytesMin = FRAME_HEADER_BYTES + headerBytes.bth;

const nothing = { addresses: null, bth: null, fields: [], payloadBytes: 0, icrc: null };
const scratch: Packet = emptyPacket();

/** Frames that were captured in part are put together here: nothing refers to it once they are dissected. */
const whole = new Uint8Array(65_536);

/**
 * Dissects a captured frame; holds for any bytes. Without `crc32` its ICRC is not checked, and is null. Of a frame that was
 * captured in part (`wireBytes`) the rest counts as zeros, and its ICRC is null.
 */
export function dissect(
  captured: Pick<CapturedFrame, "frame" | "linkType"> & Partial<Pick<CapturedFrame, "wireBytes">>,
  crc32: Crc32 | null,
): Dissection {
  const { frame, linkType, wireBytes = frame.length } = captured;
  if (linkType !== LINKTYPE_ETHERNET) return { ...nothing, fault: "not-ethernet" };
  if (frame.length < headersBytesMin || wireBytes <= frame.length || wireBytes > whole.length)
    return dissectFrame(frame, crc32);
  whole.set(frame);
  whole.fill(0, frame.length, wireBytes);
  return dissectFrame(whole.subarray(0, wireBytes), null);
}

function dissectFrame(frame: Uint8Array, crc32: Crc32 | null): Dissection {
  const parts = parseRoceFrame(frame);
  if (typeof parts === "string") return { ...nothing, fault: parts };
  return dissectPacket(frame, parts, crc32);
}

function dissectPacket(frame: Uint8Array, parts: RoceFrame, crc32: Crc32 | null): Dissection {
  const { packetOffset: at, packetBytes, source, destination } = parts;
  const fault = parsePacket(scratch, frame, at, packetBytes);
  const common = {
    addresses: { source, destination },
    bth: packetBytes < headerBytes.bth ? null : dissectBth(frame, at),
    icrc: crc32 === null || packetBytes < CHECKED_BYTES_MIN ? null : checkFrameIcrc(crc32, frame, parts),
  };
  if (fault !== null) return { ...common, fields: [], payloadBytes: 0, fault };
  return { ...common, fields: dissectHeaders(scratch), payloadBytes: scratch.payloadBytes, fault: null };
}

function dissectBth(bytes: Uint8Array, at: number): DissectedBth {
  const code = h.bthOpcode(bytes, at);
  return {
    code,
    opcode: opcodes[code]?.name ?? null,
    solicited: h.bthSolicited(bytes, at),
    ackRequest: h.bthAckRequest(bytes, at),
    pkey: h.bthPkey(bytes, at),
    destQpn: h.bthDestQpn(bytes, at),
    psn: h.bthPsn(bytes, at),
  };
}

function dissectHeaders({ bytes, offset, opcode }: Packet): DissectedField[] {
  return opcode.headers.flatMap((header) => {
    const start = offset + (opcode.at[header] as number);
    return headerFields[header].map((field) => {
      const { name, form } = field;
      return { header, name, form, value: readField(bytes, start, field) };
    });
  });
}
