import { hasEnded } from "@nomad/protocol/http/view";
import type { ChartedTraffic } from "../model/move-traffic.ts";
import type { PacketLine } from "../model/packet.ts";
import type { LogRow } from "../model/packet-log.ts";
import { dashboard, pulse, version } from "./state.ts";
import { TrafficChart } from "./traffic-chart.tsx";
import { capturing, packetLog, packetsOf, stopPackets, watchPackets } from "./watched.ts";

const nothing: ChartedTraffic = { times: [], bytesPerSecond: [], roundTripMs: [], pause: null };

/** As the packets tell that are shown. */
function ofPackets(): ChartedTraffic {
  const log = packetLog.value;
  return log === null ? nothing : { ...log.series(), pause: log.pause() };
}

const arrows = { in: "←", out: "→", unknown: "" } as const;
const columns = ["ms", "where", "opcode", "QP", "PSN", "flags", "bytes", "who"] as const;

/** A guest's packets, and around a move of it those near each of the move's moments. */
export function Packets() {
  version.value;
  const guests = [...dashboard.view.guests.values()].filter((guest) => !hasEnded(guest)).map(({ name }) => name);
  const guest = guests.includes(packetsOf.value) ? packetsOf.value : (guests[0] ?? "");
  return (
    <section class="card packets" aria-label="Packets">
      <h2>Packets</h2>
      <p class="controls">
        <label>
          of{" "}
          <select name="packets-of" value={guest} onChange={(event) => (packetsOf.value = event.currentTarget.value)}>
            {guests.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>{" "}
        <QpChoice />{" "}
        {capturing.value ? (
          <button type="button" onClick={stopPackets}>
            Stop
          </button>
        ) : (
          <button type="button" disabled={guest === ""} onClick={() => watchPackets(guest)}>
            Watch
          </button>
        )}{" "}
        <span class="dim">
          Hosts remember the packets that passed last. Watch a guest, then move it; or <em>Packets</em> at a move that
          has ended.
        </span>
      </p>
      {packetLog.value && <TrafficChart read={ofPackets} on={pulse} />}
      <PacketTable />
    </section>
  );
}

/** Of the guest's queue pairs all, or one. */
function QpChoice() {
  pulse.value;
  const log = packetLog.value;
  if (log === null || log.qps.length === 0) return null;
  const choose = (value: string) => {
    log.qp = value === "" ? null : Number(value);
    pulse.value++;
  };
  return (
    <label>
      QP{" "}
      <select name="packets-qp" value={log.qp ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">all</option>
        {log.qps.map((qp) => (
          <option key={qp}>{qp}</option>
        ))}
      </select>
    </label>
  );
}

function PacketTable() {
  pulse.value;
  const rows = packetLog.value?.rows() ?? [];
  if (rows.length === 0) return null;
  const first = packetLog.value?.startMs ?? 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reachable by keyboard
    <section class="scrolled" tabIndex={0} aria-label={`Packets of ${packetLog.value?.guest}`}>
      <table>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <Row key={i} row={row} first={first} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, first }: { readonly row: LogRow; readonly first: number }) {
  if (row.kind === "packet") return <PacketRow packet={row.packet} first={first} />;
  const [time, text] =
    row.kind === "mark" ? [sinceText(row.mark.atMs, first), row.mark.text] : ["", `${row.count} more`];
  return (
    <tr class={row.kind}>
      <td>{time}</td>
      <td colSpan={columns.length - 1}>{text}</td>
    </tr>
  );
}

function PacketRow({ packet, first }: { readonly packet: PacketLine; readonly first: number }) {
  const { atMs, host, direction, opcode, qpn, psn, flags, syndrome, payloadBytes, who } = packet;
  const cells = [sinceText(atMs, first), `${host} ${arrows[direction]}`, `${opcode} ${syndrome}`];
  return (
    <tr class={syndrome.includes("NAK") ? "packet nak" : "packet"}>
      {[...cells, `0x${qpn.toString(16).padStart(6, "0")}`, psn, flags, payloadBytes, who].map((cell, i) => (
        <td key={columns[i]}>{cell}</td>
      ))}
    </tr>
  );
}

const sinceText = (atMs: number, first: number): string => (atMs < first ? "" : (atMs - first).toFixed(1));
