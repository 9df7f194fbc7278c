import { spawnSync } from "node:child_process";
import { bearerToken } from "@nomad/protocol/http";
import { pino } from "pino";
import { expect, test } from "vitest";
import { startCentral } from "../../central/shell/start-central.ts";
import { secret, smallLab } from "../../testing/small-lab.ts";
import { metricsPath } from "./serve-metrics.ts";

/** The values of a page of metrics, by name and labels as they stand there. */
function valuesOf(text: string): Map<string, number> {
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

const pageOf = async (url: string) => (await fetch(`${url.replace(/^ws/, "http")}${metricsPath}`)).text();

test("central's metrics tell how many hosts and guests are in which state", async () => {
  await using lab = await smallLab(2);
  const values = valuesOf(await pageOf(lab.central.url));
  expect(values.get('nomad_hosts{state="up"}')).toBe(2);
  expect(values.get('nomad_hosts{state="lost"}')).toBe(0);
  expect(values.get('nomad_moves_total{outcome="released"}')).toBe(0);
  expect(values.get("process_resident_memory_bytes")).toBeGreaterThan(0);
});

test("a host's metrics have its adapter's counters under Linux's names", async () => {
  await using lab = await smallLab(1);
  const values = valuesOf(await pageOf(lab.hosts[0]?.url ?? ""));
  for (const name of ["port_xmit_packets", "port_rcv_data", "out_of_sequence", "packet_seq_err"])
    expect(values.get(`nomad_${name}_total`), name).toBe(0);
  expect(values.get('nomad_refused_total{what="packets"}')).toBe(0);
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!promtool)("promtool finds nothing to complain of", async () => {
  await using lab = await smallLab(1);
  for (const url of [lab.central.url, lab.hosts[0]?.url ?? ""]) {
    const { stdout, stderr, status } = spawnSync("promtool", ["check", "metrics"], { input: await pageOf(url) });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  }
});

test("beyond loopback metrics are for those who know the secret", async () => {
  const log = pino({ level: "silent" });
  const options = { host: "0.0.0.0", port: 0, secret, journal: ":memory:", version: "test", log };
  const central = await startCentral(options);
  const url = `http://127.0.0.1:${central.port}${metricsPath}`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { headers: { authorization: `Bearer ${bearerToken(secret)}` } })).status).toBe(200);
  await central.close();
});
