import type { DissectedBth, Dissection } from "./dissect.ts";
import { formatField } from "./dissect-fields.ts";
import type { CapturedFrame } from "./pcapng-reader.ts";
import { lidOfAddress } from "./roce-frame.ts";

const DAY_S = 86_400n;
const SECOND_NS = 1_000_000_000n;

type Described = Omit<CapturedFrame, "frame">;

/** A dissected frame on one line: time of day (UTC), interface, ports by LID, opcode, fields, payload, ICRC. */
export function dissectionText(captured: Described, dissection: Dissection): string {
  const { direction, comment } = captured;
  const words = [timeOfDay(captured.timeNs), captured.interface, direction === "unknown" ? "" : direction];
  const { addresses, bth, fields, payloadBytes, icrc, fault } = dissection;
  if (addresses) words.push(`${port(addresses.source)} > ${port(addresses.destination)}`);
  if (bth) words.push(...bthWords(bth));
  for (const { name, value, form } of fields)
    words.push(form === "syndrome" ? formatField(form, value) : `${name} ${formatField(form, value)}`);
  if (fault) words.push(`(${fault}, ${captured.wireBytes} bytes)`);
  else words.push(`payload ${payloadBytes}`);
  if (icrc) words.push(`icrc ${icrc}`);
  if (comment !== "") words.push(`; ${comment}`);
  return words.filter((word) => word !== "").join(" ");
}

function bthWords({ opcode, code, destQpn, psn, solicited, ackRequest, pkey }: DissectedBth): string[] {
  return [
    opcode ?? `opcode 0x${code.toString(16).padStart(2, "0")}`,
    `qp 0x${destQpn.toString(16).padStart(6, "0")}`,
    `psn ${psn}`,
    solicited ? "SE" : "",
    ackRequest ? "A" : "",
    pkey === 0xffff ? "" : `pkey 0x${pkey.toString(16)}`,
  ];
}

/** What a frame is as JSON: numbers of 64 bits are text. */
export function dissectionJson(captured: Described, dissection: Dissection): object {
  const { addresses, bth, fields, payloadBytes, icrc, fault } = dissection;
  const headers: Record<string, Record<string, number | string>> = {};
  for (const { header, name, value } of fields) {
    const entry = headers[header] ?? {};
    entry[name] = typeof value === "bigint" ? `0x${value.toString(16)}` : value;
    headers[header] = entry;
  }
  const { interface: where, direction, comment, wireBytes } = captured;
  return {
    timeNs: String(captured.timeNs),
    interface: where,
    direction,
    bytes: wireBytes,
    from: addresses && { address: dotted(addresses.source), lid: lidOfAddress(addresses.source) },
    to: addresses && { address: dotted(addresses.destination), lid: lidOfAddress(addresses.destination) },
    bth,
    headers,
    payloadBytes,
    icrc,
    fault,
    comment,
  };
}

/** hh:mm:ss.nnnnnnnnn */
function timeOfDay(timeNs: bigint): string {
  const seconds = Number((timeNs / SECOND_NS) % DAY_S);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const clock = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(timeNs % SECOND_NS).padStart(9, "0")}`;
}

function port(address: number): string {
  return lidOfAddress(address) === null ? dotted(address) : `lid ${lidOfAddress(address)}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}
