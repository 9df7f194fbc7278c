import type { Guest } from "@nomad/protocol/http";
import { bytes } from "../model/format.ts";
import { carried } from "./state.ts";

/** A guest: drag it to a host, or choose it (Enter) and then a host. */
export function GuestChip({ guest }: { readonly guest: Guest }) {
  const chosen = carried.value === guest.name;
  return (
    <button
      type="button"
      class={`guest ${guest.state} ${chosen ? "chosen" : ""}`}
      data-guest={guest.name}
      draggable
      aria-pressed={chosen}
      title={`${guest.image}, vLID ${guest.vlid}, epoch ${guest.epoch}, ${bytes(guest.memoryBytes)}`}
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", guest.name);
        carried.value = guest.name;
      }}
      onDragEnd={() => {
        carried.value = null;
      }}
      onClick={() => {
        carried.value = chosen ? null : guest.name;
      }}
    >
      {guest.name}
      {guest.state !== "running" && <small>{guest.state}</small>}
    </button>
  );
}
