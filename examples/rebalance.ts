// Moves guests from the fullest host of a lab to the emptiest, until no host has two more than another.
import { readFileSync } from "node:fs";
import { LabClient } from "nomad-rdma";

const [url, secretFile] = process.argv.slice(2);
if (url === undefined || secretFile === undefined) {
  console.error("usage: node examples/rebalance.ts URL SECRET_FILE");
  process.exit(2);
}
const client = new LabClient({ url, secret: Buffer.from(readFileSync(secretFile, "utf8").trim()) });

for (;;) {
  const { hosts, guests } = await client.status();
  const up = hosts.filter(({ state }) => state === "up").sort((a, b) => a.guests - b.guests);
  const [emptiest, fullest] = [up.at(0), up.at(-1)];
  const guest = guests.find(({ host, state }) => host === fullest?.name && state === "running");
  if (!emptiest || !fullest || !guest || fullest.guests - emptiest.guests < 2) break;
  const move = await client.move({ guest: guest.name, to: emptiest.name }, { wait: true });
  console.log(`${move.guest}: ${move.from} -> ${move.to}: ${move.outcome}, paused ${move.pausedMs.toFixed(1)} ms`);
  if (move.outcome !== "released") process.exit(1);
}
