import type { MoveRecord, MoveTraffic } from "@nomad/protocol/http";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { chartOf } from "../model/move-traffic.ts";
import { api } from "../shell/api.ts";
import { attempt } from "./state.ts";
import { TrafficChart } from "./traffic-chart.tsx";

/** The guest's traffic through a move, as its adapters have measured it; nothing where it is forgotten. */
export function MoveChart({ move }: { readonly move: MoveRecord }) {
  const traffic = useSignal<MoveTraffic | null>(null);
  const { id, phase } = move;
  useEffect(() => {
    const read = async () => {
      traffic.value = await api.moveTraffic(id);
    };
    void attempt(read());
  }, [id, phase]);
  const seen = traffic.value;
  if (seen === null || seen.bytes.length === 0) return null;
  return (
    <div class="move-chart">
      <p class="dim">
        What {move.guest} sent and received (line), and how long its requests took (dots), since the move began
      </p>
      <TrafficChart read={() => chartOf(move, traffic.value ?? seen)} on={traffic} />
    </div>
  );
}
