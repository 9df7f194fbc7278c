import type { FaultRecord } from "@nomad/protocol/http";
import { duration } from "./format.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";

const columns: readonly Column<FaultRecord>[] = [
  { title: "fault", cell: ({ id }) => id },
  { title: "kind", cell: ({ kind }) => kind },
  { title: "on", cell: ({ on }) => on.join(",") },
  { title: "between", cell: ({ from, to, bothWays }) => `${from ?? "any"} ${bothWays ? "<->" : "->"} ${to ?? "any"}` },
  { title: "only", cell: narrowed },
  { title: "chance", align: "right", cell: ({ chance }) => `${+(100 * chance).toPrecision(3)} %` },
  { title: "times", align: "right", cell: ({ times }) => String(times ?? "") },
  {
    title: "left",
    align: "right",
    cell: ({ secondsLeft }) => (secondsLeft === null ? "" : duration(1000 * secondsLeft)),
  },
  { title: "hits", align: "right", cell: ({ hits }) => String(hits) },
  { title: "seed", align: "right", cell: ({ seed }) => String(seed) },
];

/** One line for each fault. */
export const faultTable = (faults: readonly FaultRecord[], style: Style): string => table(columns, faults, style.bold);

function narrowed({ message, guest, qp, opcodes }: FaultRecord): string {
  const codes = opcodes?.map((code) => `0x${code.toString(16).padStart(2, "0")}`).join(",");
  const words = { message, guest, qp, opcode: codes };
  return Object.entries(words)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(" ");
}
