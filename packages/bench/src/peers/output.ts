/** Reads how long a message took one way, us, from what a benchmark has written; null when it is not there. */
export type ReadTime = (output: string) => number | null;

/** Of libfabric's `fi_pingpong`: a line of names of columns, and one of values. */
export const fiPingpongTime: ReadTime = (output) => column(output, /\s+/, "usec/xfer");

/** Of UCX's `ucx_perftest -f -v`: comma-separated, names first. In tests of bandwidth too a "latency": the time from one message to the next. */
export const ucxPerftestTime: ReadTime = (output) => column(output, /,/, "overall_lat");

/** Of NetPIPE: `0:  64 bytes  500 times --> 12.73 Mbps in 38.36 usec`. Its Mbps are of 2^20 bits. */
export const netpipeTime: ReadTime = (output) => positive(/-->.* in\s+([\d.]+) usec/.exec(output)?.[1]);

/** The value in the column of this name, in the line after the names. */
function column(output: string, separator: RegExp, name: string): number | null {
  const rows = output
    .trim()
    .split("\n")
    .map((line) => line.trim().split(separator));
  const heading = rows.findIndex((row) => row.includes(name));
  return positive(rows[heading + 1]?.[rows[heading]?.indexOf(name) ?? 0]);
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return value > 0 ? value : null;
}
