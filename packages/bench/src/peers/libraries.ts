import { type Comparison, type ComparisonName, comparisons } from "./comparisons.ts";
import { fiPingpongTime, netpipeTime, type ReadTime, ucxPerftestTime } from "./output.ts";

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** How a benchmark is run once. */
export interface BenchmarkRun {
  /** The other end, started first; it ends by itself. Null: the command starts both. */
  readonly server: CommandLine | null;
  /** Whose output is read. */
  readonly command: CommandLine;
}

/** Another communication library, and the benchmark that comes with it or is packaged for it. */
export interface Library {
  readonly name: string;
  readonly title: string;
  /** What has to be found. */
  readonly programs: readonly string[];
  /** Debian's packages of these. */
  readonly packages: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Messages in a run of each thing that it can measure. */
  readonly messages: Readonly<Partial<Record<ComparisonName, number>>>;
  /** `port`: a free one on loopback. */
  readonly run: (of: Comparison, messages: number, port: number) => BenchmarkRun;
  readonly readTime: ReadTime;
}

const loopback = "127.0.0.1";
const ucxTests: Readonly<Record<ComparisonName, string>> = {
  "rtt-64": "tag_lat",
  "bw-1m": "tag_bw",
  "rate-64": "tag_bw",
};

export const libraries: readonly Library[] = [
  {
    ...{ name: "libfabric", title: "libfabric, provider tcp", programs: ["fi_pingpong"], packages: ["libfabric-bin"] },
    env: {},
    messages: { "rtt-64": 5000, "bw-1m": 200 },
    run: ({ bytes }, messages, port) => {
      const common = ["-p", "tcp", "-e", "msg", "-S", String(bytes), "-I", String(messages)];
      return {
        server: ["fi_pingpong", ...common, "-B", String(port)],
        command: ["fi_pingpong", ...common, "-P", String(port), loopback],
      };
    },
    readTime: fiPingpongTime,
  },
  {
    ...{ name: "ucx", title: "UCX over TCP", programs: ["ucx_perftest"], packages: ["ucx-utils"] },
    env: { UCX_TLS: "tcp,self", UCX_NET_DEVICES: "lo", UCX_WARN_UNUSED_ENV_VARS: "n" },
    messages: { "rtt-64": 5000, "bw-1m": 200, "rate-64": 100_000 },
    run: ({ name, bytes }, messages, port) => {
      const test = ["-t", ucxTests[name], "-s", String(bytes), "-n", String(messages), "-w", "100"];
      const common = [...test, "-p", String(port)];
      return { server: ["ucx_perftest", ...common], command: ["ucx_perftest", loopback, ...common, "-f", "-v"] };
    },
    readTime: ucxPerftestTime,
  },
  {
    ...{ name: "openmpi", title: "Open MPI over TCP, by NetPIPE", programs: ["mpirun", "NPopenmpi"] },
    packages: ["openmpi-bin", "netpipe-openmpi"],
    env: {
      ...{ OMPI_MCA_pml: "ob1", OMPI_MCA_btl: "tcp,self", OMPI_MCA_btl_tcp_if_include: "lo" },
      ...{ OMPI_MCA_rmaps_base_oversubscribe: "1" },
      // Harmless where it is not root's; in a container it mostly is.
      ...{ OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
    },
    messages: { "rtt-64": 500, "bw-1m": 20, "rate-64": 5000 },
    run: ({ name, bytes }, messages) => {
      const size = ["-l", String(bytes), "-u", String(bytes), "-p", "0", "-n", String(messages)];
      const oneWay = name === "rtt-64" ? [] : ["-s"];
      return { server: null, command: ["mpirun", "-np", "2", "NPopenmpi", ...size, ...oneWay, "-o", "/dev/null"] };
    },
    readTime: netpipeTime,
  },
];

/** What a library can measure. */
export const comparisonsOf = ({ messages }: Library): readonly Comparison[] =>
  comparisons.filter(({ name }) => messages[name] !== undefined);
