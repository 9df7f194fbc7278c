import { FaultPanel } from "./fault-panel.tsx";
import { Header } from "./header.tsx";
import { MoveList } from "./move-list.tsx";
import { Packets } from "./packets.tsx";
import { complaint, dashboard, version } from "./state.ts";
import { Throughput } from "./throughput.tsx";
import { Topology } from "./topology.tsx";

const notices = {
  connecting: "Looking for central ...",
  live: "",
  gone: "Central is gone. Guests go on talking; this page goes on when it is back.",
  refused: "This lab wants to know who you are: run  npx nomad-rdma dashboard  and open the link that it prints.",
} as const;

/** The whole page. */
export function App() {
  version.value;
  const notice = notices[dashboard.presence];
  return (
    <>
      <Header />
      {notice !== "" && (
        <p class="notice" role="status" data-presence={dashboard.presence}>
          {notice}
        </p>
      )}
      {complaint.value !== "" && (
        <p class="notice complaint" role="alert">
          {complaint.value}{" "}
          <button type="button" onClick={() => (complaint.value = "")}>
            Close
          </button>
        </p>
      )}
      <main class={dashboard.presence === "live" ? "" : "stale"}>
        <div class="column">
          <Topology />
          <MoveList />
        </div>
        <div class="column">
          <Throughput />
          <FaultPanel />
        </div>
        <Packets />
      </main>
    </>
  );
}
