import { hostNames, type Processes } from "../../kit/processes.ts";

/** What a process says of itself in Prometheus's text format: values by name and labels. */
async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

async function everyHost(processes: Processes): Promise<(readonly [string, ReadonlyMap<string, number>])[]> {
  const { hosts } = await processes.client.status();
  const urls = hostNames.map((name) => hosts.find((host) => host.name === name)?.url.replace(/^ws/, "http") ?? "");
  return Promise.all(urls.map(async (url, i) => [hostNames[i] ?? "", await metricsOf(url)] as const));
}

/** Bytes that all hosts have in memory. */
export async function residentBytes(processes: Processes): Promise<number> {
  const all = await everyHost(processes);
  return all.reduce((sum, [, metrics]) => sum + (metrics.get("process_resident_memory_bytes") ?? Number.NaN), 0);
}

/** Only what is there while something is under way, or for guests, and what must not become more. */
const counted = [
  /^nomad_(guest_devices|queue_pairs|completion_queues|memory_regions)$/,
  /^nomad_under_way/,
  /^nodejs_active_resources\{type="(TCPSocketWrap|TCPServerWrap|MessagePort|Worker)"/,
];

/** What every host keeps, by host and metric; zeros are left out. */
export async function census(processes: Processes): Promise<Readonly<Record<string, number>>> {
  const rows = (await everyHost(processes)).flatMap(([host, metrics]) =>
    [...metrics]
      .filter(([name, value]) => value > 0 && counted.some((pattern) => pattern.test(name)))
      .map(([name, value]) => [`${host} ${name}`, value] as const),
  );
  return Object.fromEntries(rows.sort());
}
