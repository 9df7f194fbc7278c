import { rate } from "../model/format.ts";
import { dashboard, pulse, version } from "./state.ts";

/** The lab in one line. */
export function Header() {
  version.value;
  pulse.value;
  const { view, rates } = dashboard;
  const up = [...view.hosts.values()].filter(({ state }) => state === "up").length;
  const running = [...view.guests.values()].filter(({ state }) => state === "running" || state === "moving").length;
  const moving = [...view.moves.values()].filter(({ outcome }) => outcome === "").length;
  const facts = [
    ["hosts up", `${up} of ${view.hosts.size}`],
    ["guests running", `${running}`],
    ["connections", `${rates.connections.size}`],
    ["traffic", rate(rates.total())],
    ["moves under way", `${moving}`],
  ] as const;
  return (
    <header>
      <h1>Nomad</h1>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
