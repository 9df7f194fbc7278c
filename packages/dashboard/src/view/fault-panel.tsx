import type { FaultRecord, FaultRequest } from "@nomad/protocol/http";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../shell/api.ts";
import { every } from "../shell/clock.ts";
import { attempt, dashboard, version } from "./state.ts";

const kinds: readonly FaultRequest["kind"][] = ["drop", "delay", "duplicate", "reorder", "corrupt", "cut"];
const faults = signal<readonly FaultRecord[]>([]);
const refreshMs = 2_000;

async function refresh(): Promise<void> {
  if (dashboard.presence === "live") faults.value = await api.faults().catch(() => faults.value);
}

function requestOf(form: HTMLFormElement): FaultRequest {
  const field = (name: string) => String(new FormData(form).get(name) ?? "");
  const [from, to] = [field("from"), field("to")];
  return {
    kind: field("kind") as FaultRequest["kind"],
    chance: Number(field("percent")) / 100,
    seconds: Number(field("seconds")),
    ...(from !== "" && { from }),
    ...(to !== "" && { to }),
    bothWays: from !== "" && to !== "",
  };
}

/** Faults that stand, and a form for one more. */
export function FaultPanel() {
  version.value;
  useEffect(() => every(refreshMs, () => void refresh()), []);
  const hosts = [...dashboard.view.hosts.keys()].sort();
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    void attempt(api.addFault(requestOf(event.currentTarget as HTMLFormElement)).then(refresh));
  };
  return (
    <section class="card faults" aria-label="Faults">
      <h2>Faults</h2>
      <form onSubmit={add}>
        <Choice name="kind" label="what" values={kinds} />
        <Choice name="from" label="from" values={["", ...hosts]} />
        <Choice name="to" label="to" values={["", ...hosts]} />
        <label>
          percent <input name="percent" type="number" min="0.1" max="100" step="any" defaultValue="10" required />
        </label>
        <label>
          seconds <input name="seconds" type="number" min="1" max="600" defaultValue="10" required />
        </label>
        <button type="submit">Apply</button>
      </form>
      <ul>
        {faults.value.map((fault) => (
          <li key={fault.id} data-fault={fault.id}>
            {fault.kind} {fault.chance < 1 && `${fault.chance * 100} %`} {fault.from ?? "anywhere"} →{" "}
            {fault.to ?? "anywhere"}: {fault.hits} hit
            {fault.secondsLeft !== null && `, ${Math.ceil(fault.secondsLeft)} s left`}{" "}
            <button type="button" class="quiet" onClick={() => void attempt(api.liftFault(fault.id).then(refresh))}>
              Lift
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Choice(o: { readonly name: string; readonly label: string; readonly values: readonly string[] }) {
  return (
    <label>
      {o.label}{" "}
      <select name={o.name}>
        {o.values.map((value) => (
          <option key={value} value={value}>
            {value === "" ? "anywhere" : value}
          </option>
        ))}
      </select>
    </label>
  );
}
