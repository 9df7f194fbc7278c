import type { Guest, Host } from "@nomad/protocol/http";
import { hasEnded } from "@nomad/protocol/http/view";
import { useRef } from "preact/hooks";
import { api } from "../shell/api.ts";
import { Connections } from "./connections.tsx";
import { GuestChip } from "./guest-chip.tsx";
import { attempt, carried, dashboard, version } from "./state.ts";

/** Hosts with the guests on them, and the connections between these. A guest is moved by dragging it, or by keyboard. */
export function Topology() {
  version.value;
  const area = useRef<HTMLDivElement>(null);
  const { hosts, guests } = dashboard.view;
  const living = [...guests.values()].filter((guest) => !hasEnded(guest));
  const byName = (a: Host, b: Host) => a.name.localeCompare(b.name, "en", { numeric: true });
  return (
    <section class="topology" aria-label="Hosts and guests">
      <div class="hosts" ref={area}>
        {[...hosts.values()].sort(byName).map((host) => (
          <HostCard key={host.name} host={host} guests={living.filter((guest) => guest.host === host.name)} />
        ))}
      </div>
      <Connections area={area} />
    </section>
  );
}

function HostCard({ host, guests }: { readonly host: Host; readonly guests: readonly Guest[] }) {
  const takes = carried.value !== null && host.state === "up" && !guests.some(({ name }) => name === carried.value);
  const take = () => {
    const guest = carried.value;
    carried.value = null;
    if (guest !== null && takes) void attempt(api.move({ guest, to: host.name }));
  };
  return (
    <article
      class={`host ${host.state} ${takes ? "takes" : ""}`}
      data-host={host.name}
      onDragOver={(event) => takes && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <h2>
        {host.name} <small>LID {host.lid}</small>
        {host.state !== "up" && <strong class="state">{host.state}</strong>}
      </h2>
      <div class="guests">
        {guests.map((guest) => (
          <GuestChip key={guest.name} guest={guest} />
        ))}
      </div>
      {takes && (
        <button type="button" onClick={take}>
          Move {carried.value} here
        </button>
      )}
      {!takes && host.state === "up" && guests.length > 0 && (
        <button
          type="button"
          class="quiet"
          onClick={() => void attempt(Promise.all(guests.map(({ name }) => api.move({ guest: name }))))}
        >
          Evacuate
        </button>
      )}
    </article>
  );
}
